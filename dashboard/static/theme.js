// The theme: automatic (what the system says), light or dark; kept in this browser only.
// Loaded before the page is drawn, so that a chosen theme never flashes the other one.
"use strict";
(() => {
	const KEY = "mortise-theme";
	const ORDER = ["automatic", "light", "dark"];

	function stored() {
		try {
			const value = localStorage.getItem(KEY);
			return ORDER.includes(value) ? value : "automatic";
		} catch {
			return "automatic"; // storage is switched off: the theme lasts for this page only
		}
	}

	function apply(theme) {
		const root = document.documentElement;
		if (theme === "automatic") {
			delete root.dataset.theme;
		} else {
			root.dataset.theme = theme;
		}
		document.dispatchEvent(new Event("themechange"));
	}

	let theme = stored();
	apply(theme);

	document.addEventListener("DOMContentLoaded", () => {
		const button = document.querySelector("[data-theme-toggle]");
		const label = button.querySelector("span");
		label.textContent = theme;
		button.hidden = false;
		button.addEventListener("click", () => {
			theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
			label.textContent = theme;
			try {
				localStorage.setItem(KEY, theme);
			} catch {
				// see stored()
			}
			apply(theme);
		});
	});
})();
