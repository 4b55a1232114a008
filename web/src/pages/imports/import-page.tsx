// One import: how far it is, what became of the rows, and the refused ones to take home.
import { Alert, Anchor, Button, Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useParams } from "react-router";

import { answer, api } from "../../api/client";
import { useMay } from "../../api/session";
import { LoadingRows } from "../../shared/data-table";
import { count, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";
import { StateBadge } from "../../shared/state-badge";
import { ENDED_IMPORTS, readImport } from "./import-calls";

export function ImportPage() {
  const { importId = "" } = useParams();
  const may = useMay();
  const queries = useQueryClient();
  const found = useQuery({ queryKey: ["import", importId], queryFn: () => readImport(importId), refetchInterval: (query) => (query.state.data && ENDED_IMPORTS.includes(query.state.data.status) ? false : 700) });
  const over = found.data !== undefined && ENDED_IMPORTS.includes(found.data.status);
  useEffect(() => {
    if (over) for (const key of ["contacts", "lists"]) void queries.invalidateQueries({ queryKey: [key] });
  }, [over, queries]);
  if (found.isPending) return <LoadingRows rows={2} />;
  if (found.isError) return <ProblemNotice error={found.error} title="The import could not be read" onRetry={() => void found.refetch()} />;
  const { file_name, status, counts, reason, has_refused_file } = found.data;
  const cancel = async () => void queries.setQueryData(["import", importId], await answer(api.POST("/api/v1/imports/{import_id}/cancel", { params: { path: { import_id: importId } } })));
  return (
    <>
      <PageHeader title={`Import of ${file_name}`} back={{ to: "/contacts", label: "Contacts" }} aside={<StateBadge state={status} />}
        actions={!over && may("contacts:write") && <Button variant="default" onClick={() => void cancel()}>Cancel the rest</Button>} />
      <Stack>
        {!over && <Progress value={100} animated aria-label="At work" />}
        {!over && <Text size="sm" c="dimmed">It goes on when you leave this page.</Text>}
        <SimpleGrid cols={{ base: 2, sm: 5 }} className="surface panel" role="status">
          {(["rows", "imported", "updated", "duplicates", "refused"] as const).map((name) => (
            <div key={name}><Text size="xs" c="dimmed">{WORDS[name]}</Text><Text fz="1.4rem" fw={650} className="figures">{count(counts[name])}</Text></div>
          ))}
        </SimpleGrid>
        {reason && <Alert color={status === "failed" ? "red" : "yellow"} variant="light" icon={<Icon name="alert" />}>{upperFirst(reason)}.</Alert>}
        {counts.refused > 0 && has_refused_file && (
          <Alert color="yellow" variant="light" title={`${plural(counts.refused, "row was", "rows were")} refused`}>
            <Anchor href={`/api/v1/imports/${importId}/refused`} download inherit>Take them home as a file with line and reason</Anchor>, mend them, and import that file.
          </Alert>
        )}
        {status === "completed" && <Group><Button component={Link} to="/start">Go on</Button><Button component={Link} to="/contacts" variant="default">Look at the contacts</Button></Group>}
      </Stack>
    </>
  );
}

const WORDS = { rows: "Rows", imported: "New people", updated: "Updated", duplicates: "Twice in the file", refused: "Refused" } as const;
