// Pages without Quarto: search in all pages, buttons that copy code, tables that say that they scroll.
'use strict'
const root = document.documentElement.dataset.root

// copy

function copyButton(pre) {
  const text = pre.textContent
  const button = document.createElement('button')
  button.className = 'copy'
  button.textContent = 'copy'
  button.setAttribute('aria-label', 'copy this code')
  button.onclick = async () => {
    await navigator.clipboard.writeText(text)
    button.textContent = 'copied'
    setTimeout(() => { button.textContent = 'copy' }, 1500)
  }
  const box = document.createElement('div')
  box.className = 'code'
  pre.replaceWith(box)
  box.append(pre, button)
}
document.querySelectorAll('main .highlight pre, main pre:has(> code)').forEach(copyButton)

// tables, printed text and code that are wider than the page

const KINDS = {TABLE: 'the table', MATH: 'the formula', PRE: 'the text'}

function sayThatItScrolls(part) {
  const wide = getComputedStyle(part).overflowX !== 'visible' && part.scrollWidth > part.clientWidth + 1
  const box = part.parentElement.className === 'code' ? part.parentElement : part
  const said = box.previousElementSibling?.className === 'scrolls'
  const what = box === part ? KINDS[part.tagName.toUpperCase()] : 'the code'
  if (wide && !said) box.insertAdjacentHTML('beforebegin', `<span class="scrolls">${what} scrolls sideways →</span>`)
  if (!wide && said) box.previousElementSibling.remove()
}

const inline = [...document.querySelectorAll('main math[display="inline"]')]

function breakOut(formula) { // one within a line that is longer than the line gets lines of its own
  const end = part => part.getBoundingClientRect().right
  formula.setAttribute('display', 'inline')
  if (end(formula) > end(formula.parentElement) + 1) formula.setAttribute('display', 'block')
}

function look() {
  inline.forEach(breakOut)
  document.querySelectorAll('main table, main .output_text pre, main .code > pre, main math').forEach(sayThatItScrolls)
}
addEventListener('load', look)
addEventListener('resize', look)
document.querySelectorAll('main details').forEach(fold => fold.addEventListener('toggle', look))

// search: every word must be found; names and headings count more than text

const field = document.getElementById('search')
const results = document.getElementById('results')
let index = null

function score(entry, words) {
  const [, title, text] = entry
  const head = title.toLowerCase(), body = text.toLowerCase()
  let sum = 0
  for (const w of words) {
    const here = (head === w ? 20 : 0) + (head.includes(w) ? 5 : 0) + (body.includes(w) ? 1 : 0)
    if (!here) return 0
    sum += here
  }
  return sum
}

function excerpt(text, words) {
  const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40)
  return (at ? '… ' : '') + text.slice(at, at + 130)
}

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  results.replaceChildren()
  results.hidden = !words.length
  if (!words.length) return
  const found = index.map(e => [score(e, words), e]).filter(o => o[0]).sort((a, b) => b[0] - a[0]).slice(0, 12)
  for (const [, [url, title, text]] of found) {
    const link = document.createElement('a')
    link.href = root + url
    link.append(Object.assign(document.createElement('b'), {textContent: title}), Object.assign(document.createElement('span'), {textContent: excerpt(text, words)}))
    results.append(link)
  }
  if (!found.length) results.textContent = 'nothing found'
}

function load() { // as a script, because a page that is opened from a disk may not fetch
  if (index) return show()
  const script = document.createElement('script')
  script.src = root + 'search.js'
  script.onload = () => { index = window.SEARCH; show() }
  document.head.append(script)
}
field.addEventListener('input', load)
field.addEventListener('keydown', e => {
  if (e.key === 'Enter') results.querySelector('a')?.click()
  if (e.key === 'Escape') { field.value = ''; show() }
})
addEventListener('keydown', e => {
  if (e.key === '/' && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) { e.preventDefault(); field.focus() }
})
document.addEventListener('click', e => { if (!e.target.closest('.find')) results.hidden = true })
