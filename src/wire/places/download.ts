import type {BytesStore} from './bytes-store.js';

/** Milliseconds within which browsers have begun to read what is downloaded; some begin after the click. */
const FETCHED_BY = 60_000;

/** Saves as one download of a page. */
export function downloadedBytes(name: string): BytesStore {
  return {
    save(bytes) {
      if (typeof document === 'undefined') throw new TypeError('Expected a page for downloads://, and there is none');
      const link = document.createElement('a');
      link.download = name;
      link.href = URL.createObjectURL(new Blob([bytes], {type: 'application/octet-stream'}));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), FETCHED_BY);
    },
  };
}
