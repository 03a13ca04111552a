// Shows the lines of a connection's test below each other as they arrive. Without this script the
// button opens the same test in a page of its own.
"use strict";

const form = document.getElementById("connection-form");
const button = document.getElementById("test");
const list = document.getElementById("tested");
const word = document.getElementById("tested-word");
const readyWord = button.textContent;

button.addEventListener("click", async (event) => {
  event.preventDefault();
  button.disabled = true;
  button.textContent = "Testing …";
  list.replaceChildren();
  word.hidden = true;
  try {
    const answer = await fetch(button.formAction, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "text/fragment" },
      redirect: "error",
    });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      list.innerHTML = text;
    }
  } catch {
    const line = document.createElement("li");
    line.textContent = "Watchkeeper itself did not answer. Try again.";
    list.append(line);
  } finally {
    button.disabled = false;
    button.textContent = readyWord;
  }
});
