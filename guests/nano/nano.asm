; The nanobenchmarks: a Multiboot 1 guest that runs single operations in loops and says on COM1 when each begins and
; ends; whoever reads the other end has the clock. The one file NASM assembles (nasm -f bin), straight into an ELF32
; image: no linker takes part.
;
; For each operation the guest doubles the length of the loop until it takes some millions of ticks of the TSC, which
; is only a guess at time, and goes on for a while to warm up whatever translates; then it prints
;       BENCH-START name
;       BENCH-STOP name 0 turns
; around a loop four times as long, three times. `benchscale=N` on the command line makes the loops N per cent as long.

        bits 32
        cpu 686

%include "layout.inc"

        org IMAGE_BASE
image:
        db 0x7f, 'ELF', 1, 1, 1, 0              ; 32-bit, little-endian, version 1
        times 8 db 0
        dw 2, 3                                 ; executable, Intel 80386
        dd 1, entry, program_header - image, 0, 0
        dw 52, 32, 1, 40, 0, 0
program_header:
        dd 1, 0, IMAGE_BASE, IMAGE_BASE, image_end - image, IMAGE_LIMIT - IMAGE_BASE, 7, 0x1000

        align 4
multiboot_header:
        dd 0x1badb002, 3, -(0x1badb002 + 3)

entry:  cli
        cld
        mov esp, KERNEL_STACK
        cmp eax, 0x2badb002
        jne .plain
        call read_scale
.plain: lgdt [gdt_register]
        jmp KCODE:.reloaded
.reloaded:
        mov eax, KDATA
        mov ds, eax
        mov es, eax
        mov ss, eax
        call serial_setup
        call interrupts_setup
        call paging_setup
        call system_calls_setup
        sti                                     ; nothing raises a line: what popf and cli cost is seen with IF set
        call warm_up
        mov esi, tests
.next:  call run_test
        add esi, TEST_SIZE
        cmp esi, tests_end
        jb .next
finish: mov eax, .text
        call print
        cli
        hlt
        jmp $
.text:  db 'BENCH-DONE', 10, 0

%include "setup.inc"
%include "serial.inc"
%include "measure.inc"
%include "operations.inc"
image_end:
