// Selects the term of the search that was not understood, so that typing mends it.

const box = document.querySelector('#q[aria-invalid]');
if (box) {
  // Positions are counted in characters there and in UTF-16 units here.
  const units = (count) => Array.from(box.value).slice(0, count).join('').length;
  box.focus();
  box.setSelectionRange(units(Number(box.dataset.start)), units(Number(box.dataset.end)));
}
