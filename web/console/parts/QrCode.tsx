import qrcode from 'qrcode-generator';
import { type ReactNode, useMemo } from 'react';

/** Dark on light in both themes: scanners expect it. */
export function QrCode({ of, label }: { of: string; label: string }): ReactNode {
  const { size, path } = useMemo(() => {
    const code = qrcode(0, 'M');
    code.addData(of);
    code.make();
    const modules = code.getModuleCount();
    let drawn = '';
    for (let row = 0; row < modules; row += 1) {
      for (let column = 0; column < modules; column += 1) if (code.isDark(row, column)) drawn += `M${column + 4} ${row + 4}h1v1h-1z`;
    }
    return { size: modules + 8, path: drawn };
  }, [of]);
  return <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges"><rect width={size} height={size} /><path d={path} /></svg>;
}
