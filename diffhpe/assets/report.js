// A table that is wider than the page says that it scrolls.
'use strict';
function sayThatItScrolls(part) {
  const wide = part.scrollWidth > part.clientWidth + 1;
  const before = part.previousElementSibling;
  const said = before && before.className === 'scrolls';
  if (wide && !said) part.insertAdjacentHTML('beforebegin', '<p class="scrolls">the table scrolls sideways →</p>');
  if (!wide && said) before.remove();
}
function look() { document.querySelectorAll('.wide').forEach(sayThatItScrolls); }
addEventListener('load', look);
addEventListener('resize', look);
