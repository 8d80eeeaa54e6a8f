// A table that is wider than its place scrolls, and must then be reachable by keyboard; one that fits needs no stop of its own.
// Without scripts every such place is a stop.
"use strict";
(() => {
	const places = new ResizeObserver((entries) => {
		for (const { target } of entries) {
			const place = target.closest(".scroll");
			if (place.scrollWidth > place.clientWidth + 1) { // widths are rounded
				place.tabIndex = 0;
			} else {
				place.removeAttribute("tabindex");
			}
		}
	});
	for (const place of document.querySelectorAll(".scroll")) {
		places.observe(place);
		places.observe(place.firstElementChild);
	}
})();
