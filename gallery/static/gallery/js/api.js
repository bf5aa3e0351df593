// Sends what the forms of the browsable API hold, and shows the answer in place of the page's own.
const answer = document.getElementById("answer");

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(form) {
  const method = form.dataset.method;
  const body = form.elements.content?.value.trim();
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  if (body) headers["Content-Type"] = "application/json";
  answer.textContent = `${method} ${form.action} …`;
  try {
    const response = await fetch(form.action, { method, headers, body: body || undefined });
    answer.textContent = `HTTP ${response.status} ${response.statusText}\n\n${readable(await response.text())}`;
  } catch (error) {
    answer.textContent = `${method} ${form.action} could not be sent: ${error.message}`;
  }
  answer.focus();
}

function show(step, response, body) {
  answer.textContent += `${step}\nHTTP ${response.status} ${response.statusText}\n\n${readable(body)}\n\n`;
}

// The three steps of an upload, each with its answer, as a program goes through them.
async function upload(form) {
  const [file] = form.elements.file.files;
  const headers = { Accept: "application/json", "Content-Type": "application/json",
    "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  answer.textContent = "";
  const { sha256 } = await import(form.dataset.digest);
  const files = [{ filename: file.name, bytes: file.size, content_type: file.type, sha256: await sha256(file) }];
  const announced = await fetch(form.action, { method: "POST", headers, body: JSON.stringify({ files }) });
  const said = await announced.text();
  show(`POST ${form.action}`, announced, said);
  const [result] = (announced.ok && JSON.parse(said).results) || [];
  if (!result?.request) return;
  const { method, url, headers: signed } = result.request;
  const sent = await fetch(url, { method, headers: signed, body: file });
  show(`${method} ${url.split("?")[0]}`, sent, await sent.text());
  // 412: the bytes stand there already.
  if (!sent.ok && sent.status !== 412) return;
  const at = `${form.action}${result.upload.id}/finish/`;
  const finished = await fetch(at, { method: "POST", headers });
  show(`POST ${at}`, finished, await finished.text());
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    upload(form).catch((error) => (answer.textContent += `This could not be sent: ${error.message}`))
      .finally(() => answer.focus());
  });
}

for (const form of document.querySelectorAll("form[data-method]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.method !== "DELETE" || confirm("Delete this?")) send(form);
  });
}
