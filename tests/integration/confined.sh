#!/bin/sh
# confined.sh DATA PROGRAM ARGUMENTS…: runs the program as nobody, without a capability, on a file system of which only DATA
# can be written, and without memory that is both written and executed where the kernel can forbid it. Needs root.
set -eu
if [ "${1:-}" != --inside ]; then
    exec unshare --mount --propagation private -- "$0" --inside "$@"
fi
shift
data=$1
shift
mount --bind "$data" "$data"
# What cannot be made read-only is taken away.
awk '{ print $2 }' /proc/self/mounts | while read -r place; do
    case $place in
        "$data") ;;
        *) mount -o remount,bind,ro "$place" 2>/dev/null || umount -l "$place" ;;
    esac
done
exec python3 -I -c '
import ctypes, os, sys
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE; older kernels have none
os.execvp("setpriv", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", *sys.argv[1:]])
' "$@"
