/* A bare-metal unit test's kernel in small: what it is started with, what fw_cfg tells, and the test device. It prints to
 * COM1 and ends by isa-debug-exit. */
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

static inline void outb(u16 port, u8 value) { asm volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
static inline void outw(u16 port, u16 value) { asm volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
static inline void outl(u16 port, u32 value) { asm volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 value; asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline u32 inl(u16 port) { u32 value; asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }

static void put(const char *text)
{
    while (*text) {
        while (!(inb(0x3fd) & 0x20))
            ;
        outb(0x3f8, *text++);
    }
}

static void number(u32 value)
{
    char text[12];
    int at = 11;
    text[at] = 0;
    do {
        text[--at] = '0' + value % 10;
        value /= 10;
    } while (value);
    put(text + at);
}

static u32 configured(u16 key, int size)
{
    u32 value = 0;
    outw(0x510, key);
    for (int n = 0; n < size; n++)
        value |= (u32)inb(0x511) << (8 * n);
    return value;
}

void kernel(u32 magic, const u32 *info)
{
    put(magic == 0x2badb002 ? "multiboot\n" : "?\n");
    put((const char *)info[4]);
    put("\n");
    const u32 *module = (const u32 *)info[6];
    for (u32 n = 0; n < info[5]; n++, module += 4) {
        put((const char *)module[2]);
        put(": ");
        number(module[1] - module[0]);
        put(" bytes, ");
        for (const char *at = (const char *)module[0]; at < (const char *)module[1]; at++)
            outb(0x3f8, *at);
        put("\n");
    }
    u32 memory = 0;
    for (u32 at = info[12]; at < info[12] + info[11]; at += *(u32 *)at + 4)
        if (*(u32 *)(at + 20) == 1)
            memory += *(u32 *)(at + 12);
    put("RAM ");
    number(memory >> 10);
    put(" KiB, fw_cfg ");
    number(configured(3, 4) >> 10);
    put(" KiB, processors ");
    number(configured(5, 2));
    put("\necho ");
    outl(0xe0, 1234567);
    number(inl(0xe0));
    *(volatile u32 *)0xff000010 = 42;
    put(" memory ");
    number(*(volatile u32 *)0xff000010);
    put("\n");
    outl(0xf4, 21);
}

asm(".section .init\n"
    ".long 0x1badb002, 3, -(0x1badb002 + 3)\n"
    ".globl start\n"
    "start: mov $stack, %esp\n push %ebx\n push %eax\n call kernel\n cli\n hlt\n"
    ".bss\n .space 4096\n stack:\n.text\n");
