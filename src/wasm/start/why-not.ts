const MAGIC = [0, 0x61, 0x73, 0x6d];
/** The smallest module there is. */
const EMPTY_MODULE = Uint8Array.of(...MAGIC, 1, 0, 0, 0);

const SERVE = 'serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist, and name their folder in `paths`';

/**
 * Why the wasm backend does not start, and what to do: tf.js has the same words for all causes.
 *
 * @param url the file of the build, where it is known.
 */
export async function whyNot(error: unknown, url: string | undefined): Promise<string> {
  const said = error instanceof Error ? error.message : String(error);
  return whyNoWasm() ?? (url === undefined ? `${said}; ${SERVE}` : ((await whyNoFile(url)) ?? said));
}

function whyNoWasm(): string | undefined {
  if (typeof WebAssembly === 'undefined') return 'there is no WebAssembly here';
  try {
    new WebAssembly.Module(EMPTY_MODULE);
    return undefined;
  } catch {
    return "the content security policy of the page forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src";
  }
}

async function whyNoFile(url: string): Promise<string | undefined> {
  let response: Response;
  try {
    response = await fetch(url, {credentials: 'same-origin'});
  } catch (error) {
    return `"${url}" can't be fetched (${String(error)}); ${SERVE}`;
  }
  if (!response.ok) return `"${url}" was answered by ${response.status} ${response.statusText}; ${SERVE}`;
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (MAGIC.every((byte, i) => bytes[i] === byte)) return undefined;
  return `"${url}" is no WebAssembly, but ${response.headers.get('Content-Type') ?? 'of no type'}; ${SERVE}`;
}
