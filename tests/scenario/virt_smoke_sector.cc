#include <string_view>

// A guest of 512 bytes: says "haneul smoke guest" on the first serial port, then waits for ACPI's
// power button (PM1_STS of the PIIX4 at 0x600, where SeaBIOS puts it; PM1_EN is beside it) and
// switches itself off.
asm(R"(
    .pushsection .rodata
    .globl haneul_smoke_sector
haneul_smoke_sector:
    .code16
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %ss
    movw $0x7c00, %sp
    cld
    sti
    movw $(haneul_smoke_text - haneul_smoke_sector + 0x7c00), %si
1:  lodsb
    testb %al, %al
    jz 3f
    movb %al, %bl
    movw $0x3fd, %dx
2:  inb %dx, %al
    testb $0x20, %al
    jz 2b
    movb %bl, %al
    movw $0x3f8, %dx
    outb %al, %dx
    jmp 1b
3:  movw $0x602, %dx
    movw $0x100, %ax
    outw %ax, %dx
4:  hlt
    movw $0x600, %dx
    inw %dx, %ax
    testw $0x100, %ax
    jz 4b
    movw $0x604, %dx
    movw $0x2000, %ax
    outw %ax, %dx
    jmp 4b
haneul_smoke_text:
    .asciz "haneul smoke guest\r\n"
    .org haneul_smoke_sector + 510
    .word 0xaa55
    .code64
    .popsection
)");

extern "C" const char haneul_smoke_sector[512];

std::string_view smoke_sector() {
  return {haneul_smoke_sector, 512};
}
