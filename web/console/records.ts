// Cuts a file of products into pieces that the server takes, whole records each. Pure: tested in records.test.ts.

export interface Piece {
  text: string;
  /** Number of the file's line that the piece's first record begins on. */
  first_line: number;
  records: number;
}

/** Records of CSV may have line breaks within quotes. `header`, of a CSV, goes before each piece. */
export function pieces(file: string, csv: boolean, bytes_max: number): { header: string; pieces: Piece[] } {
  const text = file.replace(/^\ufeff/, '');
  const size = new TextEncoder();
  const records: { from: number; to: number; line: number }[] = [];
  let line = 1;
  let begun_line = 1;
  let begun = 0;
  let quoted = false;
  for (let at = 0; at <= text.length; at += 1) {
    const c = text[at];
    if (csv && c === '"') quoted = !quoted;
    if ((c === '\n' && !quoted) || at === text.length) {
      if (text.slice(begun, at).trim()) records.push({ from: begun, to: at, line: begun_line });
      begun = at + 1;
      begun_line = line + 1;
    }
    if (c === '\n') line += 1;
  }
  const first = csv ? records.shift() : undefined;
  const header = first ? text.slice(first.from, first.to).trimEnd() : '';
  const base = csv ? size.encode(header).length + 1 : 0;
  const out: Piece[] = [];
  let begin = 0;
  let bytes = 0;
  for (const record of records) {
    const last = out[out.length - 1];
    // Cut as it stands, blank lines too, so that the server's line numbers can be told as the file's.
    const more = last ? size.encode(text.slice(begin + last.text.length, record.to)).length : 0;
    if (last && bytes + more <= bytes_max) {
      last.text = text.slice(begin, record.to);
      last.records += 1;
      bytes += more;
    } else {
      begin = record.from;
      out.push({ text: text.slice(begin, record.to), first_line: record.line, records: 1 });
      bytes = base + size.encode(text.slice(begin, record.to)).length;
    }
  }
  return { header, pieces: out };
}
