#!/bin/sh
# Copies what the services need to run into the folder $1. Run it in the checkout's root after a build of the
# services and a production install of them.
set -eu
out=$1
mkdir -p "$out"
cp -a package.json node_modules "$out"

# A dist folder tells what a service is made of: nothing else was built.
for dir in packages/* services/*; do
  [ -d "$dir/dist" ] || continue
  mkdir -p "$out/$dir"
  for part in package.json dist node_modules lua migrations public; do
    [ ! -e "$dir/$part" ] || cp -a "$dir/$part" "$out/$dir"
  done
done
find "$out/packages" "$out/services" -path '*/dist/*' \( -name '*.d.ts' -o -name '*.d.ts.map' -o -name '*.tsbuildinfo' \) -delete

# uWebSockets.js comes built for every system: the image's own is kept, and the build for older systems goes.
own=$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')
if [ -n "$(find "$out/node_modules/.pnpm" -path '*btc-vision+uwebsockets*' -name "$own")" ]; then
  find "$out/node_modules/.pnpm" -path '*btc-vision+uwebsockets*' -name 'uws_*.node' ! -name "$own" -delete
  rm -rf "$out"/node_modules/.pnpm/@trufflesuite+uws-js-unofficial@* "$out/services/ws-gateway/node_modules/uws-debian12"
fi
