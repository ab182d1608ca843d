/** Runs in the browser: opens the page of an example in a frame, waits until its log ends, and posts what it shows. */

const LAST_LINE = /(^|\n)(saved|done|failed: .*)\n$/;

const post = (message: {result: {log: string; charts: string[]}} | {error: string}) =>
  fetch('/posted', {method: 'POST', body: JSON.stringify(message)});

const frame = document.createElement('iframe');
frame.src = '/page.html';
frame.onload = watch;
document.body.append(frame);

function watch(): void {
  const {contentWindow, contentDocument} = frame;
  contentWindow!.addEventListener('error', ({message}) => void post({error: message}));
  contentWindow!.addEventListener('unhandledrejection', ({reason}) => void post({error: String(reason)}));
  const waiting = setInterval(() => {
    const log = contentDocument!.getElementById('log')!.textContent;
    if (!LAST_LINE.test(log)) return;
    clearInterval(waiting);
    const surfaces = [...contentDocument!.querySelectorAll('div[id]')];
    const charts = surfaces.filter(surface => surface.querySelector('svg, canvas')).map(({id}) => id);
    void post({result: {log, charts}});
  }, 100);
}
