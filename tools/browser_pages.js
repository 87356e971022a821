// What is wrong with how a page looks: a list of sentences. tools/browser_pages.py calls it in a browser.
'use strict'
window.faults = () => {
  const main = document.querySelector('main')
  const width = document.documentElement.clientWidth
  const found = []
  const say = (fault, element) => found.push(`${fault}: ${nameOf(element)}`)
  const nameOf = e => `<${e.tagName.toLowerCase()}> ${(e.textContent || e.src || '').trim().slice(0, 50)}`
  const drawn = e => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden'
  const foreign = e => e.closest('iframe, svg, math, script, style, .copy')
  const elements = [...main.querySelectorAll('*')].filter(e => !foreign(e) && drawn(e))

  // width

  const scrolls = e => ['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX)
  const isInScrolling = e => e.parentElement !== main && (scrolls(e.parentElement) || isInScrolling(e.parentElement))
  const says = e => e.previousElementSibling?.className === 'scrolls' || e.parentElement.previousElementSibling?.className === 'scrolls'
  if (document.documentElement.scrollWidth > width) found.push('wider than the screen: the page')
  for (const e of elements) {
    if (e.getBoundingClientRect().right > width + 1 && !isInScrolling(e)) say('cut off', e)
    const hides = scrolls(e) && e.scrollWidth > e.clientWidth + 1
    if (hides && !says(e) && !e.querySelector('.scrolls')) say('scrolls without saying so', e)
    if (hides && width > 1200 && e.closest('.code')) say('code that is cut on a wide screen', e)
  }

  // words

  const texts = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const text = walk.currentNode, e = text.parentElement
    if (text.data.trim() && !foreign(e) && drawn(e)) texts.push(text)
  }
  const range = document.createRange()
  const isBroken = (text, word) => {
    range.setStart(text, word.index)
    range.setEnd(text, word.index + word[0].length)
    const lines = new Set([...range.getClientRects()].filter(r => r.width).map(r => Math.round(r.top / 4)))
    return lines.size > 1
  }
  for (const text of texts) {
    if (!main.contains(text)) continue
    const word = [...text.data.matchAll(/[\p{L}\p{N}]{2,}/gu)].find(w => isBroken(text, w))
    if (word) found.push(`a word is broken: ${word[0]}`)
  }

  // colours

  const channels = color => color.match(/[\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
  const ground = e => {
    if (!e) return [255, 255, 255]
    const [r, g, b, opacity = 1] = channels(getComputedStyle(e).backgroundColor)
    return opacity ? [r, g, b] : ground(e.parentElement)
  }
  const pairs = new Map(texts.map(t => [`${getComputedStyle(t.parentElement).color} on ${ground(t.parentElement)}`, t.parentElement]))
  for (const [pair, e] of pairs) {
    const [a, b] = [light(channels(getComputedStyle(e).color)), light(ground(e))]
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
    if (contrast < 4.5) say(`contrast ${contrast.toFixed(1)}`, e)
  }

  // what is empty

  for (const e of elements) {
    const isOutput = e.matches('.output, pre, figure')
    if (isOutput && !e.textContent.trim() && !e.querySelector('img, iframe, svg, canvas, video, math')) say('empty', e)
    if (e.tagName === 'IMG' && !(e.complete && e.naturalWidth)) say('no picture', e)
  }
  return [...new Set(found)]
}
