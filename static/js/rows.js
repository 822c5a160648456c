// Lists of rows in a form: one more, or one less.

function added(button) {
  const name = button.dataset.addRow;
  const list = document.querySelector(`[data-rows="${name}"]`);
  list.append(document.getElementById(`${name}-row`).content.cloneNode(true));
  const row = list.lastElementChild;
  for (const element of row.querySelectorAll("[data-needs-script]")) {
    element.hidden = false;
  }
  return row;
}

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  if (add) {
    added(add).querySelector("input").focus();
    return;
  }
  const remove = event.target.closest("[data-remove-row]");
  if (remove) {
    const list = remove.closest("[data-rows]");
    remove.closest("[data-rows] > *").remove();
    // The focus must not get lost with the row.
    document.querySelector(`[data-add-row="${list.dataset.rows}"]`).focus();
  }
});
