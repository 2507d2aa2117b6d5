/** The sorted labels of each metric in Prometheus' text format, without Node's own metrics. */
export const familiesOf = (page: string): Map<string, Set<string>> => {
  const families = new Map<string, Set<string>>();
  for (const [, name = ''] of page.matchAll(/^# TYPE (\S+) /gm)) if (!isNodes(name)) families.set(name, new Set());
  for (const [, series = '', labels = ''] of page.matchAll(/^([a-z_]+)(?:\{(.*)\})? /gm)) {
    const family = families.get(series) ?? families.get(series.replace(/_(bucket|sum|count)$/, ''));
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) if (label !== 'le') family?.add(label);
  }
  return families;
};

const isNodes = (name: string): boolean => /^(process|nodejs)_/.test(name);
