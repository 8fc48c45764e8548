/**
 * The power management function of a PIIX4 (Intel 290562), function 3: where in
 * I/O space the power management registers lie is the guest's to say.
 *
 * Without firmware the base is 600h, and enabled, as firmware would leave it. Device activity B says that system
 * management is set up already, so that firmware does not try.
 */
import { EMULATOR_SUBSYSTEM } from './i440fx.ts';
import type { IoBus } from './io-bus.ts';
import { PciFunction } from './pci-function.ts';
import { PM_BASE, PM_SIZE, type Power } from './power.ts';

const PM_BASE_REGISTER = 0x40;
const DEVICE_ACTIVITY_B = 0x58;
/** Of its high byte: the APM control port makes system management interrupts. */
const APMC_ENABLED = 0x02;
const PM_MISC = 0x80;
const PM_ENABLE = 1;

export function createPowerFunction(io: IoBus, power: Power): PciFunction {
  const pci = new PciFunction({
    vendor: 0x8086,
    device: 0x7113,
    classCode: 0x068000,
    revision: 3,
    interruptPin: 1,
    ...EMULATOR_SUBSYSTEM,
  });
  pci.set16(0x06, 0x0280);
  pci.config[0x3c] = 9;
  pci.set32(PM_BASE_REGISTER, PM_BASE | 1);
  pci.config[DEVICE_ACTIVITY_B + 3] = APMC_ENABLED;
  pci.config[PM_MISC] = PM_ENABLE;
  pci.allow(0x04, 0x01, 0x00);
  pci.allow(0x0c, 0, 0);
  pci.allow(PM_BASE_REGISTER, 0xc0, 0xff);
  pci.allow(PM_MISC, PM_ENABLE);
  pci.allow(0x90, 0xf0, 0xff);
  pci.allow(0xd2, 0x0f);

  let base = 0;
  let close = () => {};
  const decode = () => {
    const enabled = ((pci.config[PM_MISC] as number) & PM_ENABLE) !== 0;
    const wanted = enabled ? pci.get16(PM_BASE_REGISTER) & ~(PM_SIZE - 1) : 0;
    if (wanted === base) return;
    close();
    base = wanted;
    const at = wanted;
    close =
      at === 0
        ? () => {}
        : io.openWindow(at, PM_SIZE, {
            wide: true,
            read: (port, size) => power.ports.read(port - at, size),
            write: (port, value, size) => power.ports.write(port - at, value, size),
          });
  };
  pci.onWrite = decode;
  pci.onReset = decode;
  decode();
  return pci;
}
