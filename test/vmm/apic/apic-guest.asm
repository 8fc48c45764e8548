; A Multiboot kernel that drives the APICs as an operating system does. Each step prints a letter at port E9h, in the
; last of ROUNDS rounds (by then its code is translated); a step that fails prints '!' before its letter and ends.
; Ends by isa-debug-exit at F4h.
bits 32
org 0x100000
ROUNDS equ 60
APIC equ 0xfee00000
MOVED equ 0x00300000            ; in RAM
IOAPIC equ 0xfec00000

header:
        dd 0x1badb002, 0x00010003, -(0x1badb002 + 0x00010003)
        dd header, header, 0, 0, start

%macro idt_gate 2               ; vector, handler
        mov eax, %2
        mov [idt + %1 * 8], ax
        mov word [idt + %1 * 8 + 2], 8
        mov word [idt + %1 * 8 + 4], 0x8e00
        shr eax, 16
        mov [idt + %1 * 8 + 6], ax
%endmacro
%macro ioapic 2                 ; register, value
        mov dword [IOAPIC], %1
        mov dword [IOAPIC + 16], %2
%endmacro
%macro passed 1                 ; letter; ZF says whether the step is right
        mov bl, %1
        call result
%endmacro

start:
        mov esp, stack_top
        lgdt [gdt_pointer]
        jmp 8:reload
reload:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        idt_gate 2, on_nmi
        idt_gate 0x40, on_vector
        idt_gate 0x51, on_vector
        idt_gate 0x62, on_level
        lidt [idt_pointer]
        mov al, 0xff            ; no 8259
        out 0x21, al
        out 0xa1, al
        mov dword [APIC + 0xf0], 0x1ff
        mov dword [APIC + 0x3e0], 0x0b
round:
        ; a: CPUID reports an APIC, its version and that it is on
        mov eax, 1
        cpuid
        and edx, 1 << 9
        cmp edx, 1 << 9
        passed 'a'
        cmp dword [APIC + 0x30], 0x00050014
        passed 'b'
        ; c: an interrupt to itself, taken at the next instruction
        sti
        mov dword [count], 0
        mov dword [APIC + 0x300], 0x40000 | 0x40
        nop
        cmp dword [count], 1
        passed 'c'
        ; d: one shot of the timer
        mov dword [count], 0
        mov dword [APIC + 0x320], 0x40
        mov dword [APIC + 0x380], 20000
.shot:  hlt
        cmp dword [count], 1
        jne .shot
        cmp dword [APIC + 0x390], 0
        passed 'd'
        ; e: four periods
        mov dword [count], 0
        mov dword [APIC + 0x320], 0x20040
        mov dword [APIC + 0x380], 9000
.tick:  cmp dword [count], 4
        jb .tick
        mov dword [APIC + 0x380], 0
        cmp dword [count], 4
        passed 'e'
        ; f: a deadline that has passed, at once; g: one to come
        mov dword [APIC + 0x320], 0x40040
        mov dword [count], 0
        rdtsc
        mov ecx, 0x6e0
        wrmsr
        nop
        cmp dword [count], 1
        passed 'f'
        rdtsc
        add eax, 30000
        adc edx, 0
        wrmsr
.wait:  cmp dword [count], 2
        jne .wait
        rdmsr
        or eax, edx
        passed 'g'
        mov dword [APIC + 0x320], 0x10000
        ; h: an edge through the I/O APIC, from the test device
        mov dword [count], 0
        ioapic 0x10 + 14 * 2, 0x51
        mov dx, 0x200e
        mov al, 1
        out dx, al
        mov al, 0
        out dx, al
        nop
        cmp dword [count], 1
        passed 'h'
        ; i: a level, again after each end until the handler lowers it
        mov dword [count], 0
        ioapic 0x10 + 9 * 2, 0x8062
        mov dx, 0x2009
        mov al, 1
        out dx, al
        nop
        cmp dword [count], 3
        passed 'i'
        ioapic 0x10 + 9 * 2, 0x10000
        ; j: two at once, held off by the task priority, then the higher one first
        mov dword [order], 0
        mov dword [APIC + 0x80], 0xf0
        mov dword [APIC + 0x300], 0x40000 | 0x40
        mov dword [APIC + 0x300], 0x40000 | 0x51
        nop
        cmp dword [order], 0
        passed 'j'
        cli
        mov dword [APIC + 0x80], 0
        sti
        nop
        nop
        cmp dword [order], 0x5140
        passed 'k'
        ; l: an NMI to itself, with interrupts off
        cli
        mov dword [nmis], 0
        mov dword [APIC + 0x300], 0x400
        nop
        cmp dword [nmis], 1
        passed 'l'
        ; m: the page moves over RAM and back; what was under it is as before
        mov dword [MOVED + 0x30], 0x12345678
        mov ecx, 0x1b
        mov eax, MOVED | 0x900
        xor edx, edx
        wrmsr
        mov ebp, [MOVED + 0x30]
        mov eax, APIC | 0x900
        wrmsr
        cmp ebp, 0x00050014
        passed 'm'
        cmp dword [MOVED + 0x30], 0x12345678
        passed 'n'
        ; o: off, it is not there
        mov ecx, 0x1b
        xor edx, edx
        mov eax, APIC | 0x100
        wrmsr
        mov ebp, [APIC + 0x30]
        mov eax, 1
        cpuid
        mov edi, edx
        mov ecx, 0x1b
        xor edx, edx
        mov eax, APIC | 0x900
        wrmsr
        mov dword [APIC + 0xf0], 0x1ff
        mov dword [APIC + 0x3e0], 0x0b
        not ebp
        and edi, 1 << 9
        or ebp, edi
        passed 'o'
        ; p: the root pointer of ACPI is where it is looked for
        mov esi, 0xf0000
.scan:  cmp dword [esi], 'RSD '
        je .found
        add esi, 16
        cmp esi, 0x100000
        jb .scan
.found: cmp dword [esi + 4], 'PTR '
        passed 'p'
        inc dword [rounds]
        cmp dword [rounds], ROUNDS
        jb round
        mov al, 0
        out 0xf4, al
        hlt

result: jnz .failed
        cmp dword [rounds], ROUNDS - 1
        jne .quiet
        mov al, bl
        out 0xe9, al
.quiet: ret
.failed:
        mov al, '!'
        out 0xe9, al
        mov al, bl
        out 0xe9, al
        mov al, 1
        out 0xf4, al
        cli
        hlt

on_vector:
        push eax
        push ecx
        inc dword [count]
        shl dword [order], 8
        ; which one is in service
        mov cl, 0x40
        test dword [APIC + 0x120], 1 << 17
        jz .note
        mov cl, 0x51
.note:  mov [order], cl
        mov dword [APIC + 0xb0], 0
        pop ecx
        pop eax
        iret

on_level:
        push eax
        push edx
        inc dword [count]
        cmp dword [count], 3
        jb .end
        mov dx, 0x2009
        mov al, 0
        out dx, al
.end:   mov dword [APIC + 0xb0], 0
        pop edx
        pop eax
        iret

on_nmi: inc dword [nmis]
        iret

align 8
gdt:    dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff
gdt_pointer: dw 23
        dd gdt
idt_pointer: dw 0x3ff
        dd idt
count:  dd 0
order:  dd 0
nmis:   dd 0
rounds: dd 0
align 8
idt:    times 128 * 8 db 0
        times 1024 db 0
stack_top:
