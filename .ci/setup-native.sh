#!/usr/bin/env bash
# Installs @tensorflow/tfjs-node next to the other packages without touching package.json or the lock file: the prebuilt
# addon where it can be downloaded, else one compiled against the TensorFlow wheel from pip.
# Exits 0 when tfjs-node works, 3 when it cannot work on this machine (the last line says why), 1 when something broke.
# Every later `npm install` or `npm ci` removes tfjs-node again; running this once more brings it back from .native/.
set -euo pipefail

readonly TFJS_NODE_VERSION=4.22.0
readonly TENSORFLOW_VERSION=2.21.0
readonly DOWNLOAD_SECONDS=300

cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
WORK=$ROOT/.native
PACKAGE=$ROOT/node_modules/@tensorflow/tfjs-node
PYTHON=$WORK/venv/bin/python
NAPI_VERSION=$(node -p 'Math.min(8, process.versions.napi)') # 8 is the newest that tfjs-node names
ADDON_FOLDER=$PACKAGE/lib/napi-v$NAPI_VERSION
COMPILED_ADDON=$WORK/tfjs_binding.node
readonly ROOT WORK PACKAGE PYTHON NAPI_VERSION ADDON_FOLDER COMPILED_ADDON
export TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}

say() { echo "setup-native: $*"; }

# Leaves no tfjs-node behind that is found and then does not load.
not_possible() {
  rm -rf "$PACKAGE"
  say "not possible here: $*"
  exit 3
}

fail() {
  say "failed: $*" >&2
  exit 1
}

# Runs a command with its output in .native/NAME.log; shows the end of that log when the command fails.
logged() {
  local log=$WORK/$1.log
  shift
  "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  say "the whole log: $log" >&2
  return 1
}

# `timeout` is not part of macOS.
with_time_limit() {
  node -e '
    const [seconds, command, ...args] = process.argv.slice(1);
    const child = require("child_process").spawn(command, args, {stdio: "inherit", detached: true});
    const stop = () => process.kill(-child.pid, "SIGKILL");
    setTimeout(stop, seconds * 1000);
    process.on("SIGINT", stop).on("SIGTERM", stop);
    child.on("error", () => process.exit(1)).on("exit", code => process.exit(code ?? 1));
  ' "$@"
}

# tfjs-node loads, shares the tfjs packages of this repository and multiplies matrices.
tfjs_node_works() {
  node -e '
    const util = require("util");
    util.isNullOrUndefined ??= value => value == null; // gone in Node 23, still called by tfjs-node 4.22 (tfjs#8609)
    const tf = require("@tensorflow/tfjs-node");
    const {dirname} = require("path");
    const nodePackage = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
    const unionPackage = dirname(require.resolve("@tensorflow/tfjs/package.json", {paths: [nodePackage]}));
    for (const name of ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"]) {
      if (require.resolve(name, {paths: [unionPackage]}) !== require.resolve(name)) {
        throw new Error(`tfjs-node has its own copy of ${name}`);
      }
    }
    const product = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]])).dataSync();
    if (tf.getBackend() !== "tensorflow" || String(product) !== "19,22,43,50") {
      throw new Error(`backend ${tf.getBackend()} multiplied to ${product}`);
    }
  '
}

install_package_without_addon() {
  # --save-dev only makes npm treat the optional peer dependency as one to install; --no-save keeps it out of the files.
  logged npm npm install --no-save --save-dev --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@tensorflow/tfjs-node@$TFJS_NODE_VERSION" || fail "npm could not install @tensorflow/tfjs-node"
}

# Without this a network that drops packets would cost the whole download limit.
download_host_answers() {
  local host
  host=$(node -p 'require("@tensorflow/tfjs-node/package.json").binary.host')
  ! command -v curl >/dev/null || curl --silent --head --max-time 10 --output /dev/null "$host"
}

install_prebuilt_addon() {
  # The installer edits its own package.json meanwhile and leaves it so when it is stopped.
  cp "$PACKAGE/package.json" "$WORK/package.json"
  (cd "$PACKAGE" && PATH=$ROOT/node_modules/.bin:$PATH with_time_limit "$DOWNLOAD_SECONDS" node scripts/install.js) \
    >"$WORK/prebuilt.log" 2>&1 || true
  cp "$WORK/package.json" "$PACKAGE/package.json"
  tfjs_node_works >>"$WORK/prebuilt.log" 2>&1
}

require_build_tools() {
  [[ $(uname -s) == Linux ]] || not_possible "no prebuilt addon to download, and it can be compiled on Linux only"
  command -v python3 >/dev/null || not_possible "no python3"
  command -v make >/dev/null || not_possible "no make"
  command -v "${CXX:-g++}" >/dev/null || not_possible "no C++ compiler"
}

create_venv() {
  "$PYTHON" -m pip --version >/dev/null 2>&1 && return
  rm -rf "$WORK/venv"
  python3 -m venv "$WORK/venv" >"$WORK/venv.log" 2>&1 || not_possible "python3 has no working venv"
}

# Only the libraries and headers of the wheel are of use, so none of its dependencies is installed.
pip_install_tensorflow() {
  "$PYTHON" -m pip install --no-deps --disable-pip-version-check --no-input "$1" >"$WORK/pip.log" 2>&1
}

tensorflow_folder() {
  "$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("platlib") + "/tensorflow")'
}

install_tensorflow_wheel() {
  create_venv
  [[ -e $(tensorflow_folder)/libtensorflow_cc.so.2 ]] && return
  say "installing the TensorFlow wheel (about 270 MB)"
  pip_install_tensorflow "tensorflow-cpu==$TENSORFLOW_VERSION" && return
  say "pip has no tensorflow-cpu $TENSORFLOW_VERSION for this Python, trying its newest"
  pip_install_tensorflow tensorflow-cpu && return
  grep -q 'No matching distribution' "$WORK/pip.log" && not_possible "pip has no tensorflow-cpu for this Python"
  tail -n 20 "$WORK/pip.log" >&2
  fail "pip could not install tensorflow-cpu"
}

link_tensorflow() {
  local wheel
  wheel=$(tensorflow_folder)
  rm -rf "$PACKAGE/deps"
  mkdir -p "$PACKAGE/deps/lib"
  ln -sfn "$wheel/include" "$PACKAGE/deps/include"
  ln -sf "$wheel/libtensorflow_cc.so.2" "$PACKAGE/deps/lib/libtensorflow.so"
  ln -sf "$wheel/libtensorflow_cc.so.2" "$PACKAGE/deps/lib/libtensorflow_cc.so.2"
  ln -sf "$wheel/libtensorflow_framework.so.2" "$PACKAGE/deps/lib/libtensorflow_framework.so"
  ln -sf "$wheel/libtensorflow_framework.so.2" "$PACKAGE/deps/lib/libtensorflow_framework.so.2"
}

# The folder that holds include/node of the running Node, or nothing: then node-gyp downloads the headers.
node_headers() {
  node -p '
    const {join, dirname} = require("path");
    const fs = require("fs");
    const prefix = dirname(dirname(fs.realpathSync(process.execPath)));
    const header = join(prefix, "include/node/node_version.h");
    const text = fs.existsSync(header) ? fs.readFileSync(header, "utf8") : "";
    const part = name => text.match(new RegExp(`define NODE_${name}_VERSION (\\d+)`))?.[1];
    `v${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}` === process.version ? prefix : ""
  '
}

compile_addon() {
  local headers
  headers=$(node_headers)
  (
    cd "$PACKAGE"
    logged compile npx --yes node-gyp@10 rebuild ${headers:+"--nodedir=$headers"} --module_name=tfjs_binding \
      "--module_path=$ADDON_FOLDER" "--napi_build_version=$NAPI_VERSION"
  ) || fail "the addon did not compile"
  cp "$ADDON_FOLDER/tfjs_binding.node" "$COMPILED_ADDON"
}

reuse_compiled_addon() {
  [[ -e $COMPILED_ADDON ]] || return 1
  mkdir -p "$ADDON_FOLDER"
  cp "$COMPILED_ADDON" "$ADDON_FOLDER/"
  tfjs_node_works >/dev/null 2>&1
}

install_compiled_addon() {
  require_build_tools
  install_tensorflow_wheel
  link_tensorflow
  if reuse_compiled_addon; then
    say "the addon compiled by an earlier run still fits"
    return
  fi
  say "compiling the addon"
  compile_addon
  logged smoke tfjs_node_works || fail "the compiled addon does not work"
}

main() {
  [[ -d node_modules/@tensorflow/tfjs-layers ]] || fail "install the dependencies of the repository first (npm ci)"
  if tfjs_node_works >/dev/null 2>&1; then
    say "tfjs-node works already"
    return
  fi
  mkdir -p "$WORK"
  say "installing @tensorflow/tfjs-node $TFJS_NODE_VERSION"
  install_package_without_addon
  if [[ ! -e $COMPILED_ADDON ]]; then
    say "trying the prebuilt addon"
    if download_host_answers && install_prebuilt_addon; then
      say "tfjs-node works with the prebuilt addon"
      return
    fi
    say "no prebuilt addon (it cannot be downloaded, or does not run here)"
  fi
  install_compiled_addon
  say "tfjs-node works with an addon compiled here"
}

main
