/** What the suites share: where the package's and the peers' files are, and how long a run may take. */

export interface Setting {
  /** A file of the package by its path in it. */
  readonly packageFile: (path: string) => string;
  /** The npm package v86, where the user says. */
  readonly v86?: string;
  /** A folder with SeaBIOS's bios.bin and vgabios-stdvga.bin, for v86. */
  readonly bios: string;
  /** Seconds that one run may take. */
  readonly limit: number;
  /** RAM of the Linux guests. */
  readonly megabytes: number;
  /** A folder for a profile of each run of a Transvisor. */
  readonly profile?: string;
}
