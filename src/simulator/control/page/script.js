(() => {
  "use strict";
  const live = document.getElementById("live");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // Puts a fresh rendering in place of the old one and touches only what is
  // different: what is open stays open, what is typed stays typed, and the
  // focus stays where it is. Children with an id are found by it, others by
  // their place.
  function renew(old, fresh) {
    for (const { name, value } of fresh.attributes) {
      if (name !== "open" && name !== "hidden" && old.getAttribute(name) !== value) {
        old.setAttribute(name, value);
      }
    }
    for (const { name } of [...old.attributes]) {
      if (name !== "open" && name !== "hidden" && !fresh.hasAttribute(name)) old.removeAttribute(name);
    }
    const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
    const stays = new Set([...fresh.children].map((child) => child.id));
    let place = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      while (place && place.id && !stays.has(place.id)) {
        const gone = place;
        place = place.nextSibling;
        gone.remove();
      }
      const same = child.id ? known.get(child.id) : place && !place.id && place.nodeName === child.nodeName ? place : null;
      if (!same) {
        old.insertBefore(child, place);
        if (child.id && !still) child.animate([{ opacity: 0, transform: "translateY(-8px)" }, {}], { duration: 260, easing: "ease-out" });
        continue;
      }
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      if (same.nodeType !== Node.ELEMENT_NODE) {
        if (same.nodeValue !== child.nodeValue) same.nodeValue = child.nodeValue;
      } else if (!same.isEqualNode(child)) {
        renew(same, child);
      }
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  // How far the simulator's clock is from this machine's.
  let ahead = 0;
  function show() {
    ahead = Number(live.dataset.now) - Date.now();
    for (const button of live.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
  }

  function tick() {
    if (live.hasAttribute("data-stands")) return;
    const now = Date.now() + ahead;
    const clock = live.querySelector(".running time");
    if (clock) clock.textContent = new Date(now).toISOString().slice(11, 19);
    for (const count of live.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.ceil((Number(count.dataset.until) - now) / 1000));
      count.textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    }
  }

  async function follow() {
    for (;;) {
      try {
        const answer = await fetch("/_simulator/page/live?since=" + live.dataset.version, { cache: "no-store" });
        if (answer.status === 200) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          renew(live, page.getElementById("live"));
          show();
        } else if (answer.status !== 204) {
          throw new Error(answer.status);
        }
        document.body.className = "followed";
      } catch {
        document.body.className = "lost";
        await pause(1000);
      }
    }
  }

  // A button does its work without a reload; what comes of it comes by itself.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    if (event.submitter?.value === "scan") {
      document.getElementById("phone").scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    }
    fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, event.submitter)),
      redirect: "manual",
    }).then(
      // Anything but the way back to the page is a page of its own, of a simulator that is another one by now.
      (answer) => (answer.type === "opaqueredirect" ? form.reset() : location.reload()),
      () => {},
    );
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent).then(() => {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
  });

  document.body.className = "followed";
  show();
  setInterval(tick, 250);
  follow();
})();
