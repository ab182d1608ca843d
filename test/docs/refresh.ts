/** `npm run snippets`: puts the code of today's files into all pages. */
import {readFileSync, writeFileSync} from 'node:fs';
import {pages} from './pages.js';
import {refreshed} from './snippets.js';

for (const page of pages()) writeFileSync(page, refreshed(readFileSync(page, 'utf8')));
