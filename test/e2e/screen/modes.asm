; A ROM that goes through the display's modes, draws in each, writes the mode's letter to the debug console and waits
; for a key. Assembled by nasm -f bin; what each picture must be stands in screen.test.ts.
        bits 16
        org 0

%macro outb 2
        mov dx, %1
        mov al, %2
        out dx, al
%endmacro
%macro outw 2
        mov dx, %1
        mov ax, %2
        out dx, ax
%endmacro
%macro vbe 2
        outw 1ceh, %1
        outw 1cfh, %2
%endmacro

start:  cli
        mov ax, cs
        mov ds, ax
        xor ax, ax
        mov ss, ax
        mov sp, 7000h
        cld
        call colours

; 'T': text, 80 by 25. Glyph n has n in each of its 16 rows; cell k shows character k with attribute k / 256 * 10h + k.
        mov si, text80
        call set_mode
        outw 3c4h, 0402h
        outw 3c4h, 0704h
        outw 3ceh, 0005h
        outw 3ceh, 0406h
        mov ax, 0a000h
        mov es, ax
        xor di, di
.glyph: mov ax, di
        shr ax, 5
        mov cx, 32
        rep stosb
        cmp di, 2000h
        jne .glyph
        outw 3c4h, 0302h
        outw 3c4h, 0204h
        outw 3ceh, 1005h
        outw 3ceh, 0e06h
        mov ax, 0b800h
        mov es, ax
        xor di, di
        xor ax, ax
        mov cx, 2000
.cell:  mov ah, al
        stosw
        inc ax
        loop .cell
        outw 3d4h, 200ah                ; no cursor
        mov al, 'T'
        call show

; 'C': 320 by 200 in four colours: byte n holds n.
        mov si, cga4
        call set_mode
        mov ax, 0b800h
        mov es, ax
        xor di, di
.cga:   mov ax, di
        stosb
        cmp di, 4000h
        jne .cga
        mov al, 'C'
        call show

; 'P': 640 by 480 in 16 colours: column x / 8 of row y has the colour (x / 8 + y) mod 16, by write mode 2.
        mov si, vga640
        call set_mode
        outw 3ceh, 0205h
        mov ax, 0a000h
        mov es, ax
        xor di, di
        xor bx, bx                      ; y
.row:   mov cx, 80
        mov ax, bx
.byte:  stosb
        inc ax
        loop .byte
        inc bx
        cmp bx, 480
        jne .row
        mov al, 'P'
        call show

; 'B': 320 by 200, a byte a pixel: pixel n has the colour n + n / 256.
        mov si, bytes320
        call set_mode
        mov ax, 0a000h
        mov es, ax
        xor di, di
.pixel: mov ax, di
        add al, ah
        stosb
        cmp di, 64000
        jne .pixel
        mov al, 'B'
        call show

; 'X': 320 by 240 unchained: plane p of byte n has the colour 4 n + p, mod 256.
        mov si, modex
        call set_mode
        mov bx, 0102h                   ; map mask of plane 0
        xor cx, cx
.plane: mov dx, 3c4h
        mov ax, bx
        out dx, ax
        xor di, di
.quad:  mov ax, di
        shl ax, 2
        add ax, cx
        stosb
        cmp di, 80 * 240
        jne .quad
        add bh, bh
        inc cx
        cmp cx, 4
        jne .plane
        mov al, 'X'
        call show

; 'V': 640 by 480 with 32 bits through the frame buffer at E0000000h: pixel n is n.
        mov eax, 80001010h              ; device 2: BAR 0
        mov dx, 0cf8h
        out dx, eax
        mov eax, 0e0000000h
        mov dx, 0cfch
        out dx, eax
        mov eax, 80001004h
        mov dx, 0cf8h
        out dx, eax
        mov eax, 3
        mov dx, 0cfch
        out dx, eax
        vbe 4, 0
        vbe 1, 640
        vbe 2, 480
        vbe 3, 32
        vbe 4, 41h
        call flat
        mov edi, 0e0000000h
        xor eax, eax
.lfb:   mov [fs:edi + eax * 4], eax
        inc eax
        cmp eax, 640 * 480
        jne .lfb
        mov al, 'V'
        call show

; 'K': 640 by 400 with 8 bits through the window, 64 KiB at a time: pixel n has the colour n / 640.
        vbe 4, 0
        vbe 1, 640
        vbe 2, 400
        vbe 3, 8
        vbe 4, 1
        mov ax, 0a000h
        mov es, ax
        xor bp, bp                      ; bank
        xor bx, bx                      ; colour
        mov cx, 640                     ; left of its line
.bank:  vbe 5, bp
        xor di, di
.fill:  mov [es:di], bl
        loop .same
        mov cx, 640
        inc bx
.same:  inc di
        jnz .fill
        inc bp
        cmp bp, 4
        jne .bank
        mov al, 'K'
        call show
        mov al, 0
        out 0f4h, al
        hlt

; Loads FS with a segment of 4 GiB, by way of protected mode.
flat:   lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp $ + 2
        mov bx, 8
        mov fs, bx
        and al, 0feh
        mov cr0, eax
        jmp $ + 2
        ret

; Tells the letter in AL and waits until a key has come and gone.
show:   out 0e9h, al
.wait:  in al, 64h
        test al, 1
        jz .wait
        in al, 60h
        test al, 80h
        jz .wait
        ret

; Colour n of the DAC: red n, green 2 n, blue 3 n.
colours: outb 3c6h, 0ffh
        outb 3c8h, 0
        mov dx, 3c9h
        xor bx, bx
.next:  mov al, bl
        out dx, al
        add al, bl
        out dx, al
        add al, bl
        out dx, al
        inc bl
        jnz .next
        ret

; Registers from the table at SI.
set_mode:
        vbe 4, 0
        mov dx, 3c2h
        lodsb
        out dx, al
        mov dx, 3c4h
        mov cx, 5
        call table
        outw 3d4h, 0011h
        mov dx, 3d4h
        mov cx, 25
        call table
        mov dx, 3ceh
        mov cx, 9
        call table
        mov dx, 3dah
        in al, dx
        mov dx, 3c0h
        xor bx, bx
.attr:  mov al, bl
        out dx, al
        lodsb
        out dx, al
        inc bx
        cmp bx, 21
        jne .attr
        mov al, 20h
        out dx, al
        ret
table:  xor bx, bx
.next:  lodsb
        mov ah, al
        mov al, bl
        out dx, ax
        inc bx
        loop .next
        ret

text80: db 67h, 3,0,3,0,2
        db 5fh,4fh,50h,82h,55h,81h,0bfh,1fh,0,4fh,0dh,0eh,0,0,0,0,9ch,8eh,8fh,28h,1fh,96h,0b9h,0a3h,0ffh
        db 0,0,0,0,0,10h,0eh,0,0ffh
        db 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15, 4,0,0fh,8,0 ; 8: no panning
cga4:   db 63h, 3,9,3,0,2
        db 2dh,27h,28h,90h,2bh,80h,0bfh,1fh,0,0c1h,0,0,0,0,0,0,9ch,8eh,8fh,14h,0,96h,0b9h,0a2h,0ffh
        db 0,0,0,0,0,30h,0fh,0,0ffh
        db 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15, 1,0,3,0,0
vga640: db 0e3h, 3,1,0fh,0,6
        db 5fh,4fh,50h,82h,54h,80h,0bh,3eh,0,40h,0,0,0,0,0,0,0eah,8ch,0dfh,28h,0,0e7h,4,0e3h,0ffh
        db 0,0,0,0,0,0,5,0fh,0ffh
        db 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15, 1,0,0fh,0,0
bytes320: db 63h, 3,1,0fh,0,0eh
        db 5fh,4fh,50h,82h,54h,80h,0bfh,1fh,0,41h,0,0,0,0,0,0,9ch,8eh,8fh,28h,40h,96h,0b9h,0a3h,0ffh
        db 0,0,0,0,0,40h,5,0fh,0ffh
        db 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15, 41h,0,0fh,0,0
modex:  db 0e3h, 3,1,0fh,0,6
        db 5fh,4fh,50h,82h,54h,80h,0dh,3eh,0,41h,0,0,0,0,0,0,0eah,0ach,0dfh,28h,0,0e7h,6,0e3h,0ffh
        db 0,0,0,0,0,40h,5,0fh,0ffh
        db 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15, 41h,0,0fh,0,0

        align 16
gdt:    dq 0
        dw 0ffffh, 0, 9300h, 0cfh
gdtr:   dw 15
        dd 0f0000h + gdt

        times 0fff0h - ($ - $$) db 0
        jmp 0f000h:start
        times 10000h - ($ - $$) db 0
