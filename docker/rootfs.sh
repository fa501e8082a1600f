#!/bin/sh
# Puts together the root folder of the server's image: Node, the C and C++ libraries that it and the native parts of
# packages need, the program, and the few files without which names and users are not known. The folders for data and for
# backups come separately, since they have another owner.
#   rootfs.sh FOLDER_OF_THE_BUILD NEW_FOLDER NEW_FOLDER_FOR_THOSE
set -eu
build=$1
root=$2
owned=$3

mkdir -p "$owned/data" "$owned/backups" "$root/app" "$root/tmp" "$root/etc" "$root/usr/lib" "$root/usr/lib64" "$root/usr/local/bin" \
  "$root/var/lib/dpkg/status.d"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
chmod 1777 "$root/tmp"
chmod 700 "$owned/data" "$owned/backups"

strip --strip-all -o "$root/usr/local/bin/node" "$(command -v node)"
mv "$build/dist" "$build/node_modules" "$build/package.json" "$root/app/"
mkdir "$root/app/docker"
cp "$build/docker/healthcheck.mjs" "$root/app/docker/"

# What the loader finds for each program, under the path where it finds it.
{ echo "$root/usr/local/bin/node"; find "$root/app" -name '*.node' -o -name '*.so*' -type f; } |
  while read -r program; do ldd "$program"; done |
  awk '{ path = $2 == "=>" ? $3 : $1; if (path ~ /^\/(usr\/)?lib/) print path }' | sort -u |
  while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
    # So that scanners know what is in here.
    dpkg -S "$(readlink -f "$library")" 2>/dev/null | cut -d : -f 1 >>"$root/.packages"
  done
sort -u "$root/.packages" | while read -r package; do
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$package"
  [ ! -r "/usr/share/doc/$package/copyright" ] ||
    { mkdir -p "$root/usr/share/doc/$package" && cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"; }
done
rm "$root/.packages"

cp -L /etc/os-release "$root/etc/os-release"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
printf 'root:x:0:0::/:/none\nfamily:x:10001:10001::/data:/none\n' >"$root/etc/passwd"
printf 'root:x:0:\nfamily:x:10001:\n' >"$root/etc/group"
chmod -R a+rX,go-w "$root/app" "$root/etc" "$root/usr"
