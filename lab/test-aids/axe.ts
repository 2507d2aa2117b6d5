import axe from 'axe-core';
import type { Page } from './chromium.ts';

const looks = [1_280, 390].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ width, scheme })));

/** axe's findings on the page, light and dark, at 1,280 and 390 px. */
export const axeViolations = async (page: Page): Promise<string[]> => {
  const found: string[] = [];
  const before = page.viewportSize();
  for (const { width, scheme } of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
    for (const { id, nodes } of violations)
      for (const { html, failureSummary } of nodes) found.push(`${width} ${scheme}: ${id}: ${html}: ${failureSummary}`);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
  return found;
};
