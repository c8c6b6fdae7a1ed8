# shellcheck shell=bash disable=SC2154 # work, here, kernel_version are set by build
# Sourced by build: makes the file trees, the file systems and the disk, all in
# $work, out of the packages unpacked in $work/pool.

readonly EPOCH=1704067200 # the one time stamp of all files: 2024-01-01
readonly BOOT_MIB=18 ROOT_MIB=45
readonly ROOT_UUID=68616e65-756c-4675-8573-740000000001
readonly LIBDIR=lib/x86_64-linux-gnu

# The initramfs can drive a root disk on whatever bus it sits.
readonly DISK_MODULES=(virtio_pci virtio_blk virtio_scsi sd_mod ata_piix)
# The root has these besides; the character sets are those vfat asks for.
readonly GUEST_MODULES=(virtio_net virtio_rng virtio_balloon sr_mod isofs vfat
    nls_ascii nls_cp437 nls_utf8 button evdev 8021q)

# install_programs TREE PROGRAM... : each with the shared libraries it needs, as
# told by the very loader that will load them.
install_programs() {
    local tree=$1 program libs=$work/pool/$LIBDIR:$work/pool/usr/$LIBDIR
    local loader=lib64/ld-linux-x86-64.so.2
    install -D "$work/pool/$LIBDIR/${loader##*/}" "$tree/$loader"
    mkdir -p "$tree/$LIBDIR" "$tree/bin"
    for program in "${@:2}"; do
        cp "$work/pool/$program" "$tree/bin/"
        "$tree/$loader" --library-path "$libs" --list "$work/pool/$program" |
            sed -n 's/.* => \(.*\) (.*/\1/p' | while read -r lib; do
            [[ $lib == "$work"/* ]] || die "$program needs ${lib##*/}: no package has it"
            cp -L "$lib" "$tree/$LIBDIR/"
        done
    done
}

# install_modules TREE MODULE... : with the modules they depend on.
install_modules() {
    local tree=$1 path
    modprobe -d "$work/pool" -S "$kernel_version" --show-depends -a "${@:2}" |
        sed -n "s,^insmod $work/pool/,,p" | sort -u | while read -r path; do
        install -D -m 644 "$work/pool/$path" "$tree/$path"
    done
    : >"$tree/lib/modules/$kernel_version/modules.order"
    : >"$tree/lib/modules/$kernel_version/modules.builtin"
    : >"$tree/lib/modules/$kernel_version/modules.builtin.modinfo"
    depmod -b "$tree" "$kernel_version"
}

# install_busybox TREE: and a name in /bin for each of its applets.
install_busybox() {
    local applet
    install -D "$work/pool/bin/busybox" "$1/bin/busybox"
    "$1/bin/busybox" --list | while read -r applet; do
        [ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
    done
}

# Gives the files of a tree the same age whenever it was made.
set_age() { find "$1" -exec touch -h -d "@$EPOCH" {} +; }

# The licences travel with the programs.
install_copyrights() {
    local file
    for file in "$work"/pool/usr/share/doc/*/copyright /usr/share/doc/syslinux/copyright; do
        install -D -m 644 "$file" "$1/usr/share/doc/$(basename "$(dirname "$file")")/copyright"
    done
}

make_root_tree() {
    local tree=$work/root
    mkdir -p "$tree"/{bin,dev,proc,sys,run,tmp,mnt,usr,root,home/haneul,var/lib/haneul}
    ln -s bin "$tree/sbin"
    ln -s ../bin ../sbin ../lib "$tree/usr/"
    cp -r "$here/guest/root/." "$tree/"
    install_busybox "$tree"
    install_programs "$tree" sbin/resize2fs usr/sbin/dropbear usr/bin/dropbearkey \
        usr/bin/dbclient
    ln -s dbclient "$tree/bin/ssh"
    install_modules "$tree" "${DISK_MODULES[@]}" "${GUEST_MODULES[@]}"
    install_copyrights "$tree"
    ln -s /proc/self/mounts "$tree/etc/mtab"
    ln -s /run/resolv.conf "$tree/etc/resolv.conf"
    chmod 4755 "$tree/bin/busybox" # gives up root but for ping, su and passwd
    chmod 1777 "$tree/tmp"
    chmod 700 "$tree/root" "$tree/home/haneul"
    chmod 600 "$tree/etc/shadow"
    set_age "$tree"
}

# The ext4 root. mke2fs keeps the owners and change times of the files it copies;
# debugfs sets them to what they are for root, at one time, on every machine.
make_root() {
    make_root_tree
    export E2FSPROGS_FAKE_TIME=$EPOCH
    # 4 KiB blocks, not the 1 KiB of small disks: this one may grow to gigabytes.
    mke2fs -qF -t ext4 -b 4096 -i 32768 -m 0 -L haneul-root -U "$ROOT_UUID" \
        -E "hash_seed=$ROOT_UUID,lazy_itable_init=0" -J size=4 \
        -d "$work/root" "$work/root.img" "${ROOT_MIB}M" >/dev/null
    {
        find "$work/root" -mindepth 1 -printf '%P\n' | while read -r path; do
            printf 'sif "/%s" %s\n' "$path" 'uid 0' "$path" 'gid 0' \
                "$path" "ctime @$EPOCH" "$path" 'ctime_extra 0' "$path" "atime @$EPOCH"
        done
        printf 'sif /home/haneul %s 1000\n' uid gid
    } | debugfs -w -f - "$work/root.img" >/dev/null 2>&1
}

make_initrd() {
    local tree=$work/initrd
    mkdir -p "$tree"/{bin,dev,proc,sys,root,lib/haneul}
    ln -s bin "$tree/sbin"
    install_busybox "$tree"
    install_modules "$tree" "${DISK_MODULES[@]}"
    # Packed one by one they take less of the guest's memory, once unpacked too.
    find "$tree/lib/modules" -name '*.ko' -exec xz --check=crc32 {} +
    depmod -b "$tree" "$kernel_version"
    install -m 755 "$here/guest/initrd/init" "$tree/init"
    install -m 644 "$here/guest/root/lib/haneul/coldplug" "$tree/lib/haneul/"
    set_age "$tree"
    (cd "$tree" && find . -print0 | LC_ALL=C sort -z |
        cpio -0oH newc --reproducible -R +0:+0 --quiet | gzip -9n) >"$work/initrd.gz"
}

# The FAT partition; SYSLINUX writes its sectors into the image file.
make_boot() {
    local image=$work/boot.img
    export SOURCE_DATE_EPOCH=$EPOCH MTOOLS_SKIP_CHECK=1
    "$here/compact-kernel" "$work/pool/boot/vmlinuz-$kernel_version" "$work/vmlinuz" ||
        die 'this kernel is not to be compacted'
    cp "$here/guest/syslinux.cfg" "$work/"
    touch -d "@$EPOCH" "$work"/{vmlinuz,initrd.gz,syslinux.cfg}
    truncate -s "${BOOT_MIB}M" "$image"
    mformat -i "$image" -v HANEUL -N 68616e65 -T $((BOOT_MIB * 2048)) -h 64 -s 32 -H 2048 ::
    mcopy -m -i "$image" "$work"/{vmlinuz,initrd.gz,syslinux.cfg} ::
    syslinux --install "$image"
}

# Puts the parts together: SYSLINUX's boot sector, the table, the partitions.
make_disk() {
    local disk=$work/disk.img
    truncate -s "$((1 + BOOT_MIB + ROOT_MIB))M" "$disk"
    sfdisk -q "$disk" <<END
label: dos
label-id: 0x68616e65
start=1MiB, size=${BOOT_MIB}MiB, type=e, bootable
start=$((1 + BOOT_MIB))MiB, size=${ROOT_MIB}MiB, type=83
END
    dd if=/usr/lib/SYSLINUX/mbr.bin of="$disk" conv=notrunc status=none
    dd if="$work/boot.img" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
    dd if="$work/root.img" of="$disk" bs=1M seek=$((1 + BOOT_MIB)) conv=notrunc,sparse status=none
    qemu-img convert -c -O qcow2 "$disk" "$work/out.qcow2"
}
