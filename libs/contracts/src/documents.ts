/** Documents that the services serve: path → URL of a file in this package. */
export const contractDocuments: Readonly<Record<string, string>> = {
  '/messages': new URL('../messages.html', import.meta.url).href,
  '/asyncapi.json': new URL('../asyncapi.json', import.meta.url).href,
};
