/** The different processes of a table whose primary key begins with them: one seek each, whatever rows each has. */
export function knownProcessesSql(table: string): string {
  return `WITH RECURSIVE known(process) AS (
    SELECT MIN(process) FROM ${table}
    UNION ALL SELECT (SELECT MIN(process) FROM ${table} WHERE process > known.process) FROM known WHERE process IS NOT NULL
  ) SELECT process FROM known WHERE process IS NOT NULL`
}
