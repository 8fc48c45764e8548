; A boot sector that says from which drive it was started, reads the block whose number stands at offset 8, prints the
; text in it, writes to the disk where that is possible, and ends the machine. Assembled by nasm -f bin.
        bits 16
        org 7c00h

        jmp 0:start
        times 8 - ($ - $$) nop
place:  dd 1                            ; filled in by the test
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 7c00h
        mov [drive], dl
        mov eax, [place]
        mov [packet + 8], eax
        mov si, hello
        call print
        mov al, [drive]
        call hex

; Diskettes by place, all else by number.
        mov ax, 0201h
        mov bx, 8000h
        mov cx, 2
        mov dx, [drive]
        cmp dl, 80h
        jb .go
        mov ah, 42h
        mov si, packet
.go:    int 13h
        mov si, failed
        jc .said
        mov si, 8000h
.said:  call print

; One sector behind, a write.
        mov ax, 0301h
        mov bx, 8000h
        mov cx, 5
        xor dh, dh
        mov dl, [drive]
        int 13h
        mov al, ah
        call hex
        mov al, 0
        out 0f4h, al
        cli
        hlt

print:  lodsb
        or al, al
        jz .end
        call char
        jmp print
.end:   ret
hex:    push ax
        shr al, 4
        call digit
        pop ax
        and al, 15
digit:  add al, '0'
        cmp al, '9'
        jbe char
        add al, 39
char:   mov dx, 3f8h
        out dx, al
        ret

hello:  db 'BOOT ', 0
failed: db ' FAILED ', 0
drive:  dw 0
packet: db 16, 0
        dw 1, 8000h, 0
        dd 1, 0
        times 510 - ($ - $$) db 0
        dw 0aa55h
