// A table of things that come in pages: headings, rows, what stands there instead, and "more".
import { Button, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { useInfiniteQuery, type InfiniteData } from "@tanstack/react-query";
import { memo, useDeferredValue, type ReactNode } from "react";

import { ProblemNotice } from "./problem-notice";

export interface Column<T> {
  label: string;
  render: (row: T) => ReactNode;
  /** Figures stand on the right. */
  numeric?: boolean;
  width?: string | number;
}

export interface ListPage<T> {
  items: T[];
  next_cursor: string | null;
}

/** A list of the API that comes in pages. `read` gets the cursor of the page. */
export function usePages<T>(key: readonly unknown[], read: (cursor: string | undefined) => Promise<ListPage<T>>, options: { refetchInterval?: number | false; enabled?: boolean } = {}) {
  return useInfiniteQuery<ListPage<T>, Error, InfiniteData<ListPage<T>>, readonly unknown[], string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    ...options,
  });
}

interface DataTableProps<T> {
  /** What the table shows, for screen readers. */
  caption: string;
  query: UseInfiniteQueryResult<InfiniteData<ListPage<T>>, Error>;
  columns: Column<T>[];
  keyOf: (row: T) => string;
  /** What stands there when there is nothing. */
  empty: ReactNode;
}

/** Rows of all pages that were read so far. */
export function DataTable<T>({ caption, query, columns, keyOf, empty }: DataTableProps<T>) {
  if (query.isPending) return <LoadingRows />;
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isError && rows.length === 0) {
    return <ProblemNotice error={query.error} title="The list could not be read" onRetry={() => void query.refetch()} />;
  }
  if (rows.length === 0) return <>{empty}</>;
  return (
    <>
      <RowsTable caption={caption} rows={rows} columns={columns} keyOf={keyOf} />
      <Group justify="space-between" mt="xs">
        <Text size="sm" c="dimmed" role="status">{rows.length} shown{query.hasNextPage ? "" : ", all there are"}</Text>
        {query.hasNextPage && (
          <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button>
        )}
      </Group>
    </>
  );
}

interface RowsTableProps<T> {
  caption: string;
  rows: readonly T[];
  columns: Column<T>[];
  keyOf: (row: T) => string;
}

const NO_ROWS: readonly never[] = [];

/** The table alone; wider than the screen, it scrolls by itself. Rows that have not changed are not drawn again; many that have, and those of the beginning, bit by bit. */
export function RowsTable<T>({ caption, rows: newest, columns, keyOf }: RowsTableProps<T>) {
  const rows = useDeferredValue(newest, NO_ROWS);
  return (
    <div className="surface table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.label} scope="col" ta={column.numeric ? "right" : undefined} w={column.width}>{column.label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => <Row key={keyOf(row)} row={row} columns={columns} />)}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const Row = memo(function Row<T>({ row, columns }: { row: T; columns: Column<T>[] }) {
  return (
    <Table.Tr>
      {columns.map((column) => (
        <Table.Td key={column.label} ta={column.numeric ? "right" : undefined} className={column.numeric ? "figures" : undefined}>
          {column.render(row)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}) as <T>(props: { row: T; columns: Column<T>[] }) => ReactNode;

/** Where rows are about to stand. */
export function LoadingRows({ rows = 6 }: { rows?: number }) {
  return (
    <Stack className="surface" p="md" gap="lg" aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, index) => <Skeleton key={index} height={18} />)}
    </Stack>
  );
}
