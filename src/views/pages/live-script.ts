/**
 * The only script in the browser. When the monitor reports a change, the script fetches the page
 * again and updates only the parts that differ, so that focus, selection, scroll position and open
 * sections stay.
 */
export const LIVE_SCRIPT = `
const root = document.documentElement;
const state = document.getElementById('live-state');
const button = document.getElementById('live-button');
let source;
let isPaused = false;
let isBusy = false;
let isAsked = false;
let retry;
root.classList.add('js');

function say(words) {
  state.textContent = words;
  button.textContent = isPaused ? 'Resume' : 'Pause';
}

/** Opened parts and typed text do not come from the server. */
const OWN = new Set(['open']);

function become(old, next) {
  if (old.isEqualNode(next)) return;
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.id !== next.id) {
    old.replaceWith(document.importNode(next, true));
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = next.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!OWN.has(name) && !next.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  becomeChildren(old, next);
}

/** An element with an id is moved and not replaced, so that a row in focus is the same Service afterwards. */
function becomeChildren(old, next) {
  const wanted = new Set([...next.children].map(({ id }) => id));
  for (const child of [...old.children]) if (child.id && !wanted.has(child.id)) child.remove();
  const held = new Map([...old.children].map((child) => [child.id, child]));
  let at = old.firstChild;
  for (const child of next.childNodes) {
    const same = child.id ? held.get(child.id) : at && !at.id ? at : undefined;
    if (!same) {
      old.insertBefore(document.importNode(child, true), at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else if (old.moveBefore) old.moveBefore(same, at);
    else old.insertBefore(same, at);
    become(same, child);
  }
  while (at) {
    const rest = at;
    at = at.nextSibling;
    rest.remove();
  }
}

async function refresh() {
  isAsked = true;
  if (isBusy) return;
  isBusy = true;
  while (isAsked) {
    isAsked = false;
    try {
      const reply = await fetch(location.href, { headers: { accept: 'text/html' } });
      // A Service that has gone has a page that says so.
      if (!reply.ok && reply.status !== 404) continue;
      const next = new DOMParser().parseFromString(await reply.text(), 'text/html');
      if (isPaused) break;
      const focused = document.activeElement;
      become(document.getElementById('main'), next.getElementById('main'));
      if (focused?.isConnected) focused.focus({ preventScroll: true });
      document.title = next.title;
      const icon = 'link[rel=icon]';
      become(document.querySelector(icon), next.querySelector(icon));
    } catch {
      // The monitor is away; the event source reports when it is back.
    }
  }
  isBusy = false;
}

function connect() {
  clearTimeout(retry);
  source?.close();
  say('connecting');
  source = new EventSource(document.body.dataset.live);
  source.onopen = () => {
    say('live');
    // The server does not send earlier events.
    refresh();
  };
  source.onmessage = refresh;
  source.onerror = () => {
    say('not live, trying again');
    // Refused for good, as when too many watch.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, 30_000);
  };
}

function disconnect(words) {
  clearTimeout(retry);
  source?.close();
  say(words);
}

function update() {
  if (isPaused) disconnect('paused');
  else if (document.hidden) disconnect('resting');
  else connect();
}

if (document.body.dataset.live) {
  button.hidden = false;
  button.addEventListener('click', () => {
    isPaused = !isPaused;
    update();
  });
  document.addEventListener('visibilitychange', update);
  // A page that is left must not keep its place among the watchers, nor come back deaf.
  addEventListener('pagehide', () => disconnect('resting'));
  addEventListener('pageshow', ({ persisted }) => persisted && update());
  update();
} else state.textContent = '';

document.addEventListener('click', async ({ target }) => {
  const copy = target.closest?.('[data-copy]');
  if (!copy) return;
  const text = copy.previousElementSibling;
  try {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = 'Copied';
  } catch {
    // Without TLS this fails: the selected text can still be copied by hand.
    getSelection().selectAllChildren(text);
    copy.textContent = 'Selected';
  }
  setTimeout(() => (copy.textContent = 'Copy'), 2000);
});
`;
