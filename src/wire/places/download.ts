import type {BytesStore} from './bytes-store.js';

/** Saves as one download of a page. */
export function downloadedBytes(name: string): BytesStore {
  return {
    save(bytes) {
      if (typeof document === 'undefined') throw new TypeError('Expected a page for downloads://, and there is none');
      const link = document.createElement('a');
      link.download = name;
      link.href = URL.createObjectURL(new Blob([bytes], {type: 'application/octet-stream'}));
      link.click();
      URL.revokeObjectURL(link.href);
    },
  };
}
