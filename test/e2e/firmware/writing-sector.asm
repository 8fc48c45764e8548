; A boot sector that writes sectors 100, 101, ... through the BIOS, each filled with its number and flushed, and says after
; each on the serial port which number that was, in four bytes.
        bits 16
        org 7c00h

        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 7c00h
        mov [drive], dl
next:   mov eax, [sector]
        mov di, 8000h
        mov cx, 128
        rep stosd
        mov ah, 43h
        mov al, 0
        mov dl, [drive]
        mov si, packet
        int 13h
        jc next
        mov eax, [sector]
        mov cx, 4
        mov dx, 3f8h
.byte:  out dx, al
        shr eax, 8
        loop .byte
        inc dword [sector]
        cmp dword [sector], 30000
        jne next
        cli
        hlt

drive:  db 0
packet: db 16, 0
        dw 1, 8000h, 0
sector: dd 100, 0
        times 510 - ($ - $$) db 0
        dw 0aa55h
