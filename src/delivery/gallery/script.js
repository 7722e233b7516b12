'use strict';
// All data comes in as JSON and goes into the page as text. An email is shown in a frame without scripts, forms, links
// that lead anywhere or a network, unless remote images are switched on.
const letterpress = (() => {
  const by = id => document.getElementById(id);
  const states = ['rendered', 'skipped', 'failed'];
  const keys = ['number', 'state', 'name', 'address', 'subject', 'reason', 'detail', 'size', 'file'];
  const people = JSON.parse(by('data').textContent).map(row => Object.fromEntries(row.map((value, at) => [keys[at], value])));
  const run = JSON.parse(by('run').textContent);
  people.sort((a, b) => a.number - b.number);
  for (const person of people) person.words = [person.name, person.address, person.subject, person.reason].join('\n').toLowerCase();

  const count = number => number.toLocaleString('en-US');
  const kilobytes = bytes => bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`;
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // What is shown: a filter and words to look for, one person, one part of the message, one width.
  let filter = -1, shown = people, chosen = null, view = 'html', width = 600;

  // Parts and pictures are files beside the page that call back with their data.
  const waiting = new Map(), parts = new Map(), images = new Map();
  const load = (file, store, name) => {
    if (store.has(name)) return Promise.resolve(store.get(name));
    if (waiting.has(file)) return waiting.get(file);
    const loading = new Promise(done => {
      const script = make('script', {src: file});
      script.onload = script.onerror = () => { script.remove(); waiting.delete(file); done(store.get(name)); };
      document.head.append(script);
    });
    waiting.set(file, loading);
    return loading;
  };
  const six = number => String(number).padStart(6, '0');
  const part = person => load(`parts/${six(person.number)}.js`, parts, six(person.number));
  const image = id => load(`parts/image-${id}.js`, images, id);

  function framed(message) {
    const html = message.html.replace(/letterpress-image:([0-9a-f]{16})/g, (word, id) => images.get(id) ?? word);
    const letter = new DOMParser().parseFromString(html, 'text/html');
    const unwanted = 'script, base, object, embed, iframe, frame, frameset, meta[http-equiv], link:not([rel="stylesheet" i])';
    for (const element of letter.querySelectorAll(unwanted)) element.remove();
    const far = by('remote').checked ? ' https: http:' : '';
    const policy = `default-src 'none'; img-src data:${far}; style-src 'unsafe-inline'${far}; font-src data:${far}`;
    letter.head.prepend(
      make('meta', {'http-equiv': 'Content-Security-Policy', content: policy}),
      make('meta', {'http-equiv': 'x-dns-prefetch-control', content: 'off'}),
      make('meta', {name: 'referrer', content: 'no-referrer'}),
      // Without leave to open windows, such a link goes nowhere.
      make('base', {target: '_blank'}),
      // A scroll bar would make the width another than the one chosen.
      make('style', {}, 'html { scrollbar-width: none }'),
    );
    return '<!doctype html>' + letter.documentElement.outerHTML;
  }

  async function show(person) {
    chosen = person;
    draw();
    by('app').classList.toggle('reading', !!person);
    const stage = by('stage');
    by('tools').hidden = !person || person.state !== 0;
    if (!person) {
      by('subject').textContent = '';
      by('who').replaceChildren();
      stage.replaceChildren();
      return;
    }
    history.replaceState(null, '', '#' + six(person.number));
    const to = person.name && person.address ? `${person.name} <${person.address}>` : person.name || person.address;
    const nobody = 'Nobody in particular';
    by('subject').textContent = person.state === 0 ? person.subject || '(no subject)' : person.name || person.address || nobody;
    who([[person.state === 0 ? 'To' : 'Person', person.state === 0 ? to || nobody : person.address]]);
    if (person.state === 1) {
      stage.replaceChildren(card(person));
      return;
    }
    const message = await part(person);
    await Promise.all((message?.pictures ?? []).map(image));
    if (chosen !== person) return;
    keepFew(parts);
    if (!message) {
      stage.replaceChildren(make('pre', {}, 'The folder "parts" is not beside this page, so only the list can be shown.'));
    } else if (person.state === 2) {
      stage.replaceChildren(make('pre', {}, message.report));
    } else {
      who([['From', message.from], ['To', to || nobody], ['Preview', message.preheader]]);
      by('open').setAttribute('href', encodeURIComponent(person.file));
      const clipped = message.html_size > 102 * 1024;
      by('size').textContent = kilobytes(person.size) + (clipped ? ' · over the 102 KB of HTML that Gmail shows' : '');
      by('size').classList.toggle('over', clipped);
      const note = message.report ? [make('p', {class: 'note'}, message.report)] : [];
      stage.replaceChildren(...note, body(message));
    }
    const next = shown[shown.indexOf(person) + 1];
    if (next && next.state === 0) part(next);
  }

  function body(message) {
    if (view === 'text') return make('pre', {class: 'text', dir: 'auto'}, message.text);
    if (view === 'headers') return make('pre', {}, message.head);
    const frame = make('iframe', {sandbox: '', title: 'The email', referrerpolicy: 'no-referrer'});
    frame.style.width = width ? `${width}px` : '100%';
    frame.className = width ? '' : 'full';
    frame.srcdoc = framed(message);
    return frame;
  }

  const who = pairs => by('who').replaceChildren(...pairs.filter(([, value]) => value).flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  const card = person => make('div', {class: 'card'},
    make('span', {class: 'tag ' + states[person.state]}, states[person.state]), make('h3', {}, person.reason), make('p', {}, person.detail));
  const keepFew = store => { for (const name of [...store.keys()].slice(0, -24)) store.delete(name); };

  // Only the rows in sight are in the document: ten thousand are no more than ten.
  const height = 62;
  function draw() {
    const list = by('rows'), all = by('all');
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 6);
    const last = Math.min(shown.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 6);
    all.style.height = `${shown.length * height}px`;
    by('none').hidden = shown.length > 0;
    all.replaceChildren(...shown.slice(first, last).map((person, at) => row(person, first + at)));
    if (chosen) list.setAttribute('aria-activedescendant', 'row-' + chosen.number);
  }
  function row(person, at) {
    const state = states[person.state];
    const right = person.state === 0 ? make('i', {}, kilobytes(person.size)) : make('span', {class: 'tag'}, state);
    const element = make('div', {
      class: 'row ' + state, role: 'option', id: 'row-' + person.number, 'aria-selected': person === chosen,
      'aria-setsize': shown.length, 'aria-posinset': at + 1,
    },
    make('div', {}, make('b', {}, person.name || person.address || 'Nobody in particular'), right),
    make('p', {}, person.state === 0 ? person.subject || '(no subject)' : person.reason));
    element.style.top = `${at * height}px`;
    element.onclick = () => show(person);
    return element;
  }

  function choose(to) {
    const person = shown[Math.min(Math.max(to, 0), shown.length - 1)];
    if (!person) return;
    const list = by('rows'), top = shown.indexOf(person) * height;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    show(person);
  }

  function search() {
    const words = by('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = people.filter(person => (filter < 0 || person.state === filter) && words.every(word => person.words.includes(word)));
    by('rows').scrollTop = 0;
    for (const button of by('filters').children) button.setAttribute('aria-pressed', button.value == filter);
    draw();
  }

  const buttons = (place, choices, current, pick) => {
    by(place).replaceChildren(...choices.map(([value, label]) => {
      const button = make('button', {type: 'button', value, 'aria-pressed': value === current}, label);
      button.onclick = () => {
        for (const other of by(place).children) other.setAttribute('aria-pressed', other === button);
        pick(value);
      };
      return button;
    }));
  };

  function start() {
    by('title').textContent = run.title || 'Messages';
    const skipped = run.skipped ? `, ${count(run.skipped)} skipped` : '', failed = run.failed ? `, ${count(run.failed)} failed` : '';
    const more = run.unlisted ? ` · ${count(run.unlisted)} more than this list holds` : '';
    by('facts').textContent = `${count(run.rendered)} rendered${skipped}${failed}${run.cancelled ? ' · stopped early' : ''}${more}`;
    const totals = states.map((_, state) => people.filter(person => person.state === state).length);
    buttons('filters', [[-1, `All ${count(people.length)}`], ...states.map((state, at) => [at, `${state} ${count(totals[at])}`])], filter, value => { filter = value; search(); });
    totals.forEach((total, at) => { by('filters').children[at + 1].hidden = !total; });
    buttons('views', [['html', 'HTML'], ['text', 'Text'], ['headers', 'Headers']], view, value => { view = value; show(chosen); });
    buttons('widths', [[600, '600'], [375, '375'], [0, 'Full']], width, value => { width = value; show(chosen); });
    by('remote').onchange = () => show(chosen);
    by('search').oninput = search;
    by('rows').onscroll = draw;
    by('back').onclick = () => show(null);
    addEventListener('resize', draw);
    addEventListener('keydown', event => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      const typing = event.target === by('search');
      const step = {ArrowDown: 1, ArrowUp: -1, j: typing ? 0 : 1, k: typing ? 0 : -1, PageDown: 10, PageUp: -10, Home: typing ? 0 : -Infinity, End: typing ? 0 : Infinity}[event.key];
      if (step) choose(Number.isFinite(step) ? (chosen && shown.includes(chosen) ? shown.indexOf(chosen) + step : 0) : step);
      else if (event.key === '/' && !typing) by('search').focus();
      else if (event.key === 'Escape' && typing) { by('search').value = ''; search(); by('rows').focus(); }
      else return;
      event.preventDefault();
    });
    by('app').hidden = false;
    draw();
    const asked = () => shown.findIndex(person => '#' + six(person.number) === location.hash);
    addEventListener('hashchange', () => { if (asked() >= 0) choose(asked()); });
    const narrow = matchMedia('(max-width: 680px)').matches;
    if (asked() >= 0) choose(asked()); else if (!narrow) choose(Math.max(0, shown.findIndex(person => person.state === 0)));
  }
  addEventListener('DOMContentLoaded', start);
  return {
    part: (name, value) => parts.set(name, value),
    image: (name, value) => images.set(name, value),
  };
})();
