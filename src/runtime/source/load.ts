import {httpBytes} from '../../wire/places/http.js';
import {piecesOf} from '../../wire/places/pieces.js';

/** Pages, which load from servers, do without the code for other places. */
export async function load(url: string): Promise<AsyncGenerator<Uint8Array, undefined>> {
  if (/^https?:/i.test(url)) return piecesOf(await httpBytes(url).load());
  const {placeOf} = await import('../../wire/places/place.js');
  return piecesOf(await placeOf('compile', url).load!());
}
