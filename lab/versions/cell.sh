#!/usr/bin/env bash
# cell.sh <root> <root of PostgreSQL> <its version> <directory> <command> [<argument>…]
#
# Runs a command in the first root directory, which has the broker, with PostgreSQL of the second one, and with the
# repository where it is. To be called in mount and process namespaces of its own: with them, everything ends.
set -euo pipefail
root=$1 postgres=$2 version=$3 directory=$4
shift 4

mount --rbind "$root" "$root" # programs expect / to be a mount
mount -t proc proc "$root/proc"
for path in /sys /dev /tmp "$postgres" "$directory"; do
  mkdir -p "$root$path"
  mount --rbind "$path" "$root$path"
done
for file in /etc/resolv.conf /etc/hosts; do
  touch "$root$file"
  mount --bind "$file" "$root$file"
done
if [ "$root" != "$postgres" ]; then
  mount -t tmpfs tmpfs "$root/usr/lib/postgresql"
  for path in "/usr/lib/postgresql/$version" "/usr/share/postgresql/$version"; do
    mkdir -p "$root$path"
    mount --bind "$postgres$path" "$root$path"
  done
fi

exec chroot "$root" /usr/bin/env --chdir="$directory" "$@"
