// What was going on, kept by the browser (IndexedDB): after a reload or a crash the page can say what is missing. Bytes
// are not kept. Where the browser keeps nothing, as in private windows, everything else works.

const NAME = 'photosky-uploads';
// Says in one word, without opening the database, that there is something to go on with; app.js reads it on every page.
const FLAG = 'unfinished-uploads';

const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('files', { keyPath: ['scope', 'name', 'size', 'modified'] }).createIndex('scope', 'scope');
  };
  return answer(request);
}

export class Memory {
  #database;

  // scope: whose library, and which album in it.
  constructor(scope) {
    this.scope = scope;
    this.#database = opened();
    this.#database.catch(() => {});
  }

  #key({ name, size, lastModified }) {
    return [this.scope, name, size, lastModified];
  }

  async #files(mode, work) {
    try {
      const transaction = (await this.#database).transaction('files', mode);
      const done = new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      const result = await work(transaction.objectStore('files'));
      await done;
      return result;
    } catch {
      return null;
    }
  }

  // What is known already keeps its state: choosing a folder again begins nothing anew.
  async expect(files) {
    await this.#files('readwrite', async (store) => {
      const known = new Set((await answer(store.index('scope').getAllKeys(this.scope))).map(String));
      for (const file of files) {
        const [scope, name, size, modified] = this.#key(file);
        if (!known.has(String([scope, name, size, modified]))) store.put({ scope, name, size, modified, done: false });
      }
    });
    this.#flag(true);
  }

  arrived(file) {
    const [scope, name, size, modified] = this.#key(file);
    return this.#files('readwrite', (store) => answer(store.put({ scope, name, size, modified, done: true })));
  }

  drop(file) {
    return this.#files('readwrite', (store) => answer(store.delete(this.#key(file))));
  }

  // {all, missing: [name]}
  async left() {
    const rows = await this.#files('readonly', (store) => answer(store.index('scope').getAll(this.scope))) ?? [];
    return { all: rows.length, missing: rows.filter(({ done }) => !done).map(({ name }) => name) };
  }

  async forget() {
    this.#flag(false);
    await this.#files('readwrite', async (store) => {
      for (const key of await answer(store.index('scope').getAllKeys(this.scope))) store.delete(key);
    });
  }

  #flag(on) {
    try {
      if (on) localStorage.setItem(FLAG, this.scope);
      else localStorage.removeItem(FLAG);
    } catch {
      // Without it the upload page still says so.
    }
  }
}
