// The last page of a transcript grows while one reads it: the page is fetched again and again, and what it lacks is added.

const EVERY = 3000; // milliseconds
const NEAR = 4; // pixels from the end that still count as being there

const transcript = document.querySelector(".chat-transcript");

function add(page) {
  const end = document.documentElement;
  const follows = end.scrollHeight - innerHeight - scrollY <= NEAR;
  for (const place of [".chat-facts", ".chat-pages"]) {
    const now = page.querySelectorAll(place);
    document.querySelectorAll(place).forEach((old, number) => now[number] && old.replaceWith(now[number]));
  }
  let day = null;
  for (const child of [...page.querySelector(".chat-transcript").children]) {
    if (child.matches(".chat-day")) {
      day = child;
    } else if (child.id && !document.getElementById(child.id)) {
      transcript.querySelector(".chat-none")?.remove();
      const days = transcript.querySelectorAll(".chat-day");
      if (day && day.textContent !== days[days.length - 1]?.textContent) transcript.append(day);
      transcript.append(child);
    }
  }
  if (follows) scrollTo(0, end.scrollHeight);
}

async function grow() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href);
      if (answer.ok && !answer.redirected) add(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // the server is away, and the next try may find it
    }
  }
  setTimeout(grow, EVERY);
}

if (transcript) setTimeout(grow, EVERY);
