; CMS, the bundled guest: the one file NASM assembles (nasm -f bin), writing the ELF32 image itself.
; No linker takes part, so the image depends on the assembler alone. Each part of the image is a section with a
; fixed place in the file and a fixed address; NASM refuses an overlap in the file.

        bits 32
        cpu 686

%include "layout.inc"

; ---- ELF header and program headers, at the start of the kernel's first page ------------------------------------
        section .kernel start=FILE_KERNEL vstart=KERNEL_BASE

kernel_start:
        db 0x7f, 'ELF', 1, 1, 1, 0              ; 32-bit, little-endian, version 1
        times 8 db 0
        dw 2, 3                                 ; executable, Intel 80386
        dd 1                                    ; version
        dd kernel_entry
        dd program_headers - kernel_start
        dd 0, 0                                 ; no section headers, no flags
        dw 52, 32, 4, 40, 0, 0

%macro segment_header 6                         ; file offset, virtual, physical, bytes in file, in memory, flags
        dd 1, %1, %2, %3, %4, %5, %6, 0x1000
%endmacro

; p_vaddr is where paging will show the segment, p_paddr where the loader puts it.
program_headers:
        segment_header FILE_KERNEL, KERNEL_BASE, KERNEL_BASE, kernel_end - kernel_start, KERNEL_LIMIT - KERNEL_BASE, 7
        segment_header FILE_UTEXT, UTEXT_BASE, user_phys(UTEXT_BASE), utext_end - utext_start, USTR_BASE - UTEXT_BASE, 5
        segment_header FILE_USTR, USTR_BASE, user_phys(USTR_BASE), ustr_end - ustr_start, UDATA_BASE - USTR_BASE, 4
        segment_header FILE_UDATA, UDATA_BASE, user_phys(UDATA_BASE), udata_end - udata_start, USER_LIMIT - UDATA_BASE, 6

        align 4
multiboot_header:                               ; Multiboot 1: page-align modules, tell the memory map
        dd 0x1badb002, 3, -(0x1badb002 + 3)

%include "kernel/boot.inc"
%include "kernel/descriptors.inc"
%include "kernel/paging.inc"
%include "kernel/console.inc"
%include "kernel/interrupts.inc"
%include "kernel/faults.inc"
%include "kernel/syscalls.inc"
%include "kernel/power.inc"
kernel_end:

; ---- the shell, ring 3 -------------------------------------------------------------------------------------------
        section .ustr start=FILE_USTR vstart=USTR_BASE
ustr_start:
        section .udata start=FILE_UDATA vstart=UDATA_BASE
udata_start:
        section .utext start=FILE_UTEXT vstart=UTEXT_BASE
utext_start:

%include "shell/library.inc"
%include "shell/shell.inc"
%include "shell/information.inc"
%include "shell/faults.inc"
%include "shell/sensitive.inc"
%include "shell/limits.inc"
%include "shell/selfmod.inc"
%include "shell/bench.inc"

        section .utext
utext_end:
        section .ustr
ustr_end:
        section .udata
udata_end:

; The scratch areas begin right behind the data; `times -1` is an error.
        times -((udata_end - udata_start) > (SIEVE_BASE - UDATA_BASE)) db 0
