#include "drivers/virt/boot_probe.h"

#if defined(__x86_64__)

// Tables: PML4 at 0x1000, PDPT at 0x2000, PD at 0x3000, one page of 2 MiB over it all. The code
// 0x35 is told only if the sum of 1 to 1,000,000 came out right.
asm(R"(
    .pushsection .rodata
    .globl haneul_boot_probe
haneul_boot_probe:
    .code16
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    cld

    movw $(haneul_probe_text - haneul_boot_probe + 0x7c00), %si
    movw $0x3f8, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b

2:  movw $0x1000, %di
    xorl %eax, %eax
    movw $0xc00, %cx
    rep stosl
    movl $0x2003, 0x1000
    movl $0x3003, 0x2000
    movl $0x83, 0x3000

    movl $0x20, %eax
    movl %eax, %cr4
    movl $0x1000, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    lgdtl (haneul_probe_gdtr - haneul_boot_probe + 0x7c00)
    movl $0x80000001, %eax
    movl %eax, %cr0
    ljmpl $8, $(haneul_probe_long - haneul_boot_probe + 0x7c00)

    .code64
haneul_probe_long:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %ss
    xorq %rax, %rax
    movq $1000000, %rcx
3:  addq %rcx, %rax
    loop 3b
    movabsq $500000500000, %rbx
    cmpq %rbx, %rax
    movb $0x01, %al
    jne 4f
    movb $0x35, %al
4:  movw $0xf4, %dx
    outb %al, %dx
5:  hlt
    jmp 5b

haneul_probe_text:
    .asciz "haneul\r\n"
    .balign 8
haneul_probe_gdt:
    .quad 0
    .quad 0x00af9a000000ffff
    .quad 0x00cf92000000ffff
haneul_probe_gdtr:
    .word haneul_probe_gdtr - haneul_probe_gdt - 1
    .long haneul_probe_gdt - haneul_boot_probe + 0x7c00
    .org haneul_boot_probe + 510
    .word 0xaa55
    .popsection
)");

extern "C" const char haneul_boot_probe[512];

namespace haneul::virt {
std::string_view boot_probe() {
  return {haneul_boot_probe, 512};
}
}  // namespace haneul::virt

#else

namespace haneul::virt {
std::string_view boot_probe() {
  return {};
}
}  // namespace haneul::virt

#endif
