import {execFileSync} from 'node:child_process';
import {mkdtempSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import puppeteer, {type Browser, type Page, type Viewport} from 'puppeteer-core';

declare global {
  /** The durations of tasks longer than 50 ms, which the page itself notes. */
  var longTasks: number[];
  /** What checks whether all can use the page, once its script is there. */
  var axe: typeof import('axe-core');
}

export function startChromium(): Promise<Browser> {
  // No sandbox: with one, Chromium refuses to be started by root, as whom CI often runs.
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run'];
  return puppeteer.launch({executablePath: chromium(), args});
}

/** The file that the name in CHROME_PATH stands for. */
function chromium(): string {
  return execFileSync('sh', ['-c', 'command -v "$CHROME_PATH"'], {encoding: 'utf8'}).trim();
}

/** One who visits the page: what they see, do, and are warned of. */
export class Visitor {
  readonly page: Page;
  readonly downloads: string;
  /** What was written to the console, by the page or its worker, and errors that nobody caught. */
  readonly complaints: string[] = [];

  private constructor(page: Page, downloads: string) {
    this.page = page;
    this.downloads = downloads;
    page.on('console', message => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', error => this.complaints.push(`not caught: ${String(error)}`));
    page.on('requestfailed', request => this.complaints.push(`not fetched: ${request.url()}`));
  }

  static async open(browser: Browser, address: string, viewport: Viewport): Promise<Visitor> {
    const page = await browser.newPage();
    const downloads = mkdtempSync(join(tmpdir(), 'tfjs-pruning-page-'));
    const visitor = new Visitor(page, downloads);
    await page.setViewport(viewport);
    const session = await page.createCDPSession();
    await session.send('Browser.setDownloadBehavior', {behavior: 'allow', downloadPath: downloads});
    await page.evaluateOnNewDocument(() => {
      globalThis.longTasks = [];
      const list = (entries: PerformanceObserverEntryList) =>
        globalThis.longTasks.push(...entries.getEntries().map(({duration}) => duration));
      new PerformanceObserver(list).observe({type: 'longtask', buffered: true});
    });
    await page.goto(address);
    return visitor;
  }

  text(selector: string): Promise<string> {
    return this.page.$eval(selector, element => element.textContent);
  }

  /** Waits until the text of an element matches. */
  async sees(selector: string, pattern: RegExp): Promise<string> {
    const matches = (where: string, source: string) =>
      new RegExp(source).test(document.querySelector(where)?.textContent ?? '');
    try {
      await this.page.waitForFunction(matches, {timeout: 150_000, polling: 200}, selector, pattern.source);
    } catch (cause) {
      const said = [await this.text(selector), ...this.complaints].join('\n');
      throw new Error(`${selector} does not come to ${pattern}: ${said}`, {cause});
    }
    return this.text(selector);
  }

  /** Fills in the form, and trains. */
  async train(choices: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(choices)) {
      if (name === 'sparsity') await this.#slideTo(value);
      else await this.page.select(`select[name=${name}]`, value);
    }
    await this.page.evaluate(() => void (globalThis.longTasks.length = 0));
    await this.page.click('#train');
  }

  #slideTo(value: string): Promise<void> {
    return this.page.$eval(
      '#sparsity',
      (slider, to) => {
        (slider as HTMLInputElement).value = to;
        slider.dispatchEvent(new Event('input', {bubbles: true}));
      },
      value,
    );
  }

  /** The cells of a row of the figures. */
  async figures(name: string): Promise<string[]> {
    const rows = await this.page.$$eval('#figures tbody tr', all =>
      all.map(row => [...row.children].map(cell => cell.textContent)),
    );
    return rows.find(([first]) => first === name)!.slice(1);
  }

  /** Frames a second, as they are shown. */
  async speeds(): Promise<number[]> {
    const shown = await this.page.$$eval('#speeds tbody td', all => all.map(cell => cell.textContent));
    return shown.map(text => Number(text.replaceAll(',', '')));
  }

  /** The place of a point of the drawing area, given as parts of its width and height. */
  async pointOnPad(x: number, y: number): Promise<[x: number, y: number]> {
    const pad = (await this.page.$('#pad'))!;
    await pad.scrollIntoView();
    const box = (await pad.boundingBox())!;
    return [box.x + x * box.width, box.y + y * box.height];
  }
}
