// The player of PoseView: reads the numbers in the page, draws them on two canvases, listens to mouse, fingers and keys.
(() => {
'use strict';

// read

const el = id => document.getElementById(id);
const D = JSON.parse(el('data').textContent);
const J = D.joints, F = D.frames;
const FULL = 32767, MISSING = -32768; // of the 16-bit numbers
const ints = text => new Int16Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);

for (const s of D.systems) {
  s.x = ints(s.pose);         // F J 3
  s.fan = ints(s.fan);        // N F J 3
  s.n = s.fan.length/(F*J*3); // hypotheses
  s.way = s.path ? ints(s.path) : null;
  s.far = s.error ? ints(s.error) : null;   // F, and then N F
  s.around = s.region ? ints(s.region) : null;
  s.on = true;
  s.fanOn = true;
  s.one = -1; // the hypothesis that is shown alone; -1: all
}
if (D.flat) {
  for (const p of D.flat.people) p.x = ints(p.pose); // F J 2
  D.flat.pictures = D.flat.film.map(source => {
    const picture = new Image();
    picture.onload = () => { if (picture === pictureNow()) draw(); };
    picture.src = source;
    return picture;
  });
}

const radians = degrees => degrees*Math.PI/180;
const home = {el: radians(D.view[0]), az: radians(D.view[1]), zoom: 1};
const S = { // the state: what is shown, from where, and which frame
  f: 0, playing: false, speed: 1,
  floor: D.ground, path: !!D.path, follow: !!D.path && D.path.follow, film: true, region: false,
  ...home,
};

// where things are

const css = name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const paint = color => color === 'ink' ? css('ink') : color;
const between = (x, low, high) => Math.max(low, Math.min(high, x));
const walks = s => S.path && s.way;
const walker = D.systems.find(s => s.way);

function context(canvas) { // a canvas, sharp on any display, and its size
  const w = canvas.clientWidth, h = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  const width = Math.round(w*ratio), height = Math.round(h*ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  g.lineCap = g.lineJoin = 'round';
  return [g, w, h];
}

function place(s, f) { // where a system is above the floor in frame f, in units; its start is the origin
  if (!walks(s)) return [0, 0];
  const k = D.path.unit/D.unit/FULL;
  return [k*s.way[2*f], k*s.way[2*f + 1]];
}

function center() { // where the view looks at: along with the first who walks, or at the middle of all paths
  if (!S.path) return [0, 0];
  return S.follow ? place(walker, S.f) : D.path.mid.map(m => m/D.unit);
}

const radius = () => S.path && !S.follow ? D.radius + D.path.radius : D.radius;

function projector(w, h) { // upright units to the canvas: x, y, nearness, and pixels in a unit there
  const sa = Math.sin(S.az), ca = Math.cos(S.az), se = Math.sin(S.el), ce = Math.cos(S.el);
  const units = radius()/D.unit;
  const scale = .48*Math.min(w, h)*S.zoom/units;
  const [cx, cy] = center();
  return (X, Y, z) => {
    const x = X - cx, y = Y - cy;
    const out = ca*x + sa*y;
    const near = ce*out + se*z;
    const k = scale/(1 - .12*between(near/units, -4, 4)); // a touch of perspective
    return [w/2 + k*(ca*y - sa*x), h/2 - k*(ce*z - se*out), near, k];
  };
}

function points(x, pose, at, put) { // the joints of pose number `pose` on the canvas; null: missing
  return Array.from({length: J}, (_, j) => {
    const i = 3*(pose*J + j);
    return x[i] === MISSING ? null : put(x[i]/FULL + at[0], x[i + 1]/FULL + at[1], x[i + 2]/FULL);
  });
}

// draw

function bones(P, colors, width, alpha) { // the bones between points, to be drawn by `stroke`
  const whole = D.bones.filter(([a, b]) => P[a] && P[b]);
  return whole.map(([a, b, side]) => ({p: P[a], q: P[b], near: (P[a][2] + P[b][2])/2, c: paint(colors[side]), width, alpha}));
}

function stroke(g, list) {
  for (const s of list) {
    g.globalAlpha = s.alpha;
    g.strokeStyle = s.c;
    g.lineWidth = s.width;
    g.beginPath();
    g.moveTo(s.p[0], s.p[1]);
    g.lineTo(s.q[0], s.q[1]);
    g.stroke();
  }
  g.globalAlpha = 1;
}

function disc(g, x, y, r) {
  g.beginPath();
  g.arc(x, y, r, 0, 2*Math.PI);
  g.fill();
}

function grid(put) { // lines on the floor that stay where they are, half a metre apart, or more where the room is large
  const step = radius() > 4 ? 1 : .5, unit = step/D.unit;
  const n = Math.ceil(radius()*1.6/step);
  const [cx, cy] = center().map(c => Math.round(c/unit));
  const at = (x, y) => put((x + cx)*unit, (y + cy)*unit, D.floor);
  const lines = [];
  for (let i = -n; i <= n; i++) lines.push([at(i, -n), at(i, n)], [at(-n, i), at(n, i)]);
  return lines.map(([p, q]) => ({p, q, c: css('grid'), width: 1, alpha: 1}));
}

function trail(g, s, put) { // where a system has been, bold, and where it will go, pale
  g.strokeStyle = paint(s.colors[2]);
  g.lineWidth = 1.5;
  for (const [first, last, alpha] of [[0, S.f, .9], [S.f, F - 1, .3]]) {
    const step = Math.max(1, Math.floor((last - first)/400));
    g.globalAlpha = alpha;
    g.beginPath();
    for (let f = first; f < last + step; f += step) {
      const [x, y] = place(s, Math.min(f, last));
      const p = put(x, y, D.floor);
      g.lineTo(p[0], p[1]);
    }
    g.stroke();
  }
  g.globalAlpha = 1;
}

function region(g, s, P) { // discs around the joints that hold the truth with a stated probability
  g.globalAlpha = .22;
  g.fillStyle = paint(s.colors[2]);
  P.forEach((p, j) => {
    const r = s.around[S.f*J + j];
    if (p && r !== MISSING) disc(g, p[0], p[1], p[3]*r/FULL*s.regionUnit/D.unit);
  });
  g.globalAlpha = 1;
}

function draw3() {
  const [g, w, h] = context(el('turn'));
  const put = projector(w, h);
  const thick = Math.max(2, Math.min(w, h)/95)*Math.sqrt(S.zoom*D.radius/radius());
  const thin = [], fat = [];
  if (S.floor) stroke(g, grid(put));
  for (const s of D.systems) if (s.on && walks(s)) trail(g, s, put);
  for (const s of D.systems) {
    const at = place(s, S.f);
    const P = points(s.x, S.f, at, put);
    const hypothesis = n => points(s.fan, n*F + S.f, at, put);
    if (s.on && S.region && s.around) region(g, s, P);
    if (s.fanOn && s.one >= 0) fat.push(...bones(hypothesis(s.one), s.colors, thick*.55, .85));
    if (s.fanOn && s.one < 0) for (let n = 0; n < s.n; n++) thin.push(...bones(hypothesis(n), s.colors, Math.max(1, thick*.3), .5));
    if (s.on) fat.push(...bones(P, s.colors, s.colors[0] === 'ink' ? thick*.45 : thick, 1));
  }
  stroke(g, thin);
  stroke(g, fat.sort((a, b) => a.near - b.near));
}

function pictureNow() { // of the video, for this frame
  return D.flat.pictures[Math.floor(S.f/D.flat.stride)];
}

function draw2() {
  if (!D.flat) return;
  const [g, w, h] = context(el('flat'));
  const [a, b] = D.flat.size;
  const k = .96*Math.min(w/a, h/b), x0 = (w - k*a)/2, y0 = (h - k*b)/2;
  const picture = pictureNow();
  if (S.film && picture && picture.complete) g.drawImage(picture, x0, y0, k*a, k*b);
  g.strokeStyle = css('line');
  g.lineWidth = 1;
  g.strokeRect(x0, y0, k*a, k*b);
  for (const person of D.flat.people) {
    if (person.system >= 0 && !D.systems[person.system].on) continue; // goes with the switch of its system
    const scale = k*person.unit/FULL;
    const P = Array.from({length: J}, (_, j) => {
      const i = 2*(S.f*J + j), x = person.x;
      return x[i] === MISSING ? null : [x0 + scale*x[i], y0 + scale*x[i + 1], 0];
    });
    stroke(g, bones(P, person.colors, Math.max(2, h/130), 1));
    g.fillStyle = css('ink');
    for (const p of P) if (p) disc(g, p[0], p[1], Math.max(1.6, h/140));
  }
}

function tellErrors() { // mm from the truth in this frame: of the pose, and of the hypothesis that is shown alone
  for (const s of D.systems) {
    if (!s.far) continue;
    const tell = (node, i) => { node.textContent = s.far[i] === MISSING ? '' : `${Math.round(s.far[i]/FULL*s.errorUnit)} mm`; };
    tell(s.errorNode, S.f);
    if (s.oneErrorNode) {
      if (s.one < 0) s.oneErrorNode.textContent = '';
      else tell(s.oneErrorNode, (s.one + 1)*F + S.f);
    }
  }
}

function draw() {
  draw2();
  draw3();
  tellErrors();
  el('at').value = S.f;
  el('time').textContent = `${(S.f/D.fps).toFixed(2)} s, frame ${S.f + 1} of ${F}`;
}

// play: the clock runs in time, not in frames, so a slow machine skips frames and keeps the speed

let zero = 0;

function go(f) {
  S.f = ((f % F) + F) % F;
  draw();
}

function restart() {
  zero = performance.now() - S.f*1000/(D.fps*S.speed);
}

function tick(now) {
  if (!S.playing) return;
  const f = Math.floor(Math.max(0, now - zero)*D.fps*S.speed/1000) % F;
  if (f !== S.f) go(f);
  requestAnimationFrame(tick);
}

function play(on) {
  S.playing = on;
  el('play').textContent = on ? '\u275A\u275A' : '\u25B6';
  el('play').setAttribute('aria-label', on ? 'Pause' : 'Play');
  if (!on) return;
  restart();
  requestAnimationFrame(tick);
}

// listen

function turn(az, elevation) {
  S.az += az;
  S.el = between(S.el + elevation, -1.55, 1.55);
  draw();
}

function zoom(factor) {
  S.zoom = between(S.zoom*factor, .2, 12);
  draw();
}

function reset() {
  Object.assign(S, home);
  draw();
}

const canvas = el('turn');
const fingers = new Map(); // pointers that are down, the mouse is one, and where they are

function spread() { // distance of two fingers
  const [a, b] = [...fingers.values()];
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function down(e) {
  if (fingers.size === 2) return;
  fingers.set(e.pointerId, [e.clientX, e.clientY]);
  canvas.setPointerCapture(e.pointerId);
}

function move(e) { // one finger turns, two zoom
  if (!fingers.has(e.pointerId)) return;
  const [x, y] = fingers.get(e.pointerId);
  const before = fingers.size === 2 ? spread() : 0;
  fingers.set(e.pointerId, [e.clientX, e.clientY]);
  if (fingers.size === 1) turn(-(e.clientX - x)*.01, (e.clientY - y)*.01);
  else if (before > 0) zoom(spread()/before);
}

function up(e) {
  fingers.delete(e.pointerId);
}

function wheel(e) {
  e.preventDefault();
  zoom(Math.exp(-e.deltaY*.001));
}

canvas.addEventListener('pointerdown', down);
canvas.addEventListener('pointermove', move);
canvas.addEventListener('pointerup', up);
canvas.addEventListener('pointercancel', up);
canvas.addEventListener('dblclick', reset);
canvas.addEventListener('wheel', wheel, {passive: false});
el('play').addEventListener('click', () => play(!S.playing));
el('at').addEventListener('input', e => { play(false); go(+e.target.value); });
el('speed').addEventListener('change', e => { S.speed = +e.target.value; restart(); });

const TURNS = {ArrowLeft: [.1, 0], ArrowRight: [-.1, 0], ArrowUp: [0, .1], ArrowDown: [0, -.1]};

function key(e) {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const plain = e.target === document.body || e.target === canvas;
  const held = e.target.matches('button, select, input[type=checkbox]');
  if (e.key === ' ' && !held) play(!S.playing);
  else if (e.target === canvas && TURNS[e.key]) turn(...TURNS[e.key]);
  else if (plain && (e.key === 'ArrowLeft' || e.key === 'ArrowRight')) {
    play(false);
    go(S.f + (e.key === 'ArrowLeft' ? -1 : 1));
  }
  else if (plain && (e.key === '+' || e.key === '=')) zoom(1.2);
  else if (plain && e.key === '-') zoom(1/1.2);
  else if (plain && e.key === '0') reset();
  else return;
  e.preventDefault();
}
document.addEventListener('keydown', key);

// switches

const bar = el('who'), views = bar.lastElementChild;

function node(tag, fields) {
  return Object.assign(document.createElement(tag), fields);
}

function box(text, about, colors, act, on = true) { // a switch, with the colours of what it switches; returns its label
  const label = node('label', {});
  const input = node('input', {type: 'checkbox', checked: on, ariaLabel: about});
  const sample = node('i', {hidden: !colors.length});
  sample.style.background = colors[0] === 'ink' ? 'var(--ink)' : `linear-gradient(90deg, ${colors[0]} 50%, ${colors[1]} 50%)`;
  input.addEventListener('change', () => { act(input.checked); draw(); });
  label.append(input, sample, text);
  bar.insertBefore(label, views);
  return label;
}

function errorOf(about) { // where an error is told
  const output = node('span', {className: 'error', title: `mean distance of the joints from the truth: ${about}`});
  bar.insertBefore(output, views);
  return output;
}

function chooser(s) { // all hypotheses or a single one
  const choice = node('select', {className: 'which', ariaLabel: `which hypothesis of ${s.name}`});
  choice.append(node('option', {value: -1, textContent: 'all'}));
  for (let n = 0; n < s.n; n++) choice.append(node('option', {value: n, textContent: `no. ${n + 1}`}));
  choice.addEventListener('change', () => { s.one = +choice.value; draw(); });
  bar.insertBefore(choice, views);
}

for (const s of D.systems) {
  box(s.name, s.name, s.colors, on => { s.on = on; });
  if (s.far) s.errorNode = errorOf(s.name);
  if (!s.n) continue;
  box(`${s.n} hypotheses`, `hypotheses of ${s.name}`, s.colors, on => { s.fanOn = on; });
  chooser(s);
  if (s.far) s.oneErrorNode = errorOf(`one hypothesis of ${s.name}`);
}
if (D.systems.some(s => s.around)) box('region', 'region of uncertainty', [], on => { S.region = on; }, S.region);
if (D.flat && D.flat.film.length) box('film', 'film', [], on => { S.film = on; });
box('floor', 'floor', [], on => { S.floor = on; }, S.floor);
if (D.path) {
  box('path', 'path', [], on => { S.path = on; }, S.path);
  box('follow', 'follow', [], on => { S.follow = on; }, S.follow);
}
for (const [name, elevation, azimuth] of D.views) {
  const button = node('button', {textContent: name});
  button.addEventListener('click', () => { S.el = radians(elevation); S.az = radians(azimuth); draw(); });
  views.append(button);
}

// begin

el('at').max = F - 1;
el('title').textContent = D.title;
el('title').hidden = !D.title;
el('note').textContent = D.note;
el('note').hidden = !D.note;
el('flat').hidden = !D.flat;
if (D.flat) document.querySelector('.stage').classList.add('two');
new ResizeObserver(draw).observe(document.querySelector('.stage'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
draw();
if (D.autoplay && !matchMedia('(prefers-reduced-motion: reduce)').matches) play(true);
})();
