// The three gestures of a Data Docs page, without a library: show all or failures only, unfold, follow.
(function () {
  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }
  function shown(yes) {
    each(".hide-succeeded-validation-target-child", function (child) { child.parentElement.hidden = !yes; });
    each(".hide-succeeded-validation-target", function (target) { target.hidden = !yes; });
    each(".hide-succeeded-validations-column-section-target-child", function (child) {
      var section = child.parentElement.parentElement;
      section.hidden = !yes;
      each('a[href$="#' + section.id + '"]', function (link) { link.hidden = !yes; });
    });
    each(".btn-group .btn", function (button, i) { button.classList.toggle("active", yes === (i === 0)); });
  }
  window.showAllValidations = function () { shown(true); };
  window.hideSucceededValidations = function () { shown(false); };
  each('[data-toggle="collapse"]', function (link) {
    link.addEventListener("click", function (event) {
      var body = document.getElementById(link.getAttribute("href").slice(1));
      if (body) { event.preventDefault(); body.classList.toggle("show"); }
    });
  });
})();
