// One segment, new or known: its name, its lines, and who fits.
import { Button, Group, Paper, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { LoadingRows } from "../../shared/data-table";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { LiveCount, SegmentBuilder, type Filter } from "./segment-builder";

export function NewSegment() {
  return <Editor segment={null} />;
}

export function Segment() {
  const { id = "" } = useParams();
  const segment = useQuery({ queryKey: ["segments", id], queryFn: () => answer(api.GET("/api/v1/segments/{segment_id}", { params: { path: { segment_id: id } } })) });
  if (segment.isPending) return <LoadingRows />;
  if (segment.isError) return <ProblemNotice error={segment.error} title="The segment could not be read" onRetry={() => void segment.refetch()} />;
  return <Editor key={segment.data.updated_at} segment={segment.data} />;
}

function Editor({ segment }: { segment: Schemas["SegmentAnswer"] | null }) {
  const may = useMay();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [name, setName] = useState(segment?.name ?? "");
  const [filter, setFilter] = useState<Filter>(segment?.filter ?? { all: [] });
  const save = useMutation({
    mutationFn: () =>
      segment
        ? answer(api.PATCH("/api/v1/segments/{segment_id}", { params: { path: { segment_id: segment.id } }, body: { name, filter } }))
        : answer(api.POST("/api/v1/segments", { body: { name, filter } })),
    onSuccess: async (saved) => {
      queries.setQueryData(["segments", saved.id], saved);
      await queries.invalidateQueries({ queryKey: ["segments"] });
      notifications.show({ message: "Saved", color: "teal" });
      void navigate(`/segments/${saved.id}`, { replace: true });
    },
  });
  return (
    <>
      <PageHeader title={segment?.name ?? "New segment"} back={{ to: "/segments", label: "Segments" }} actions={segment && may("contacts:write") && <Remove segment={segment} />} />
      <Paper className="surface" p="md" maw="52rem">
        <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
          <Stack>
            <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <SegmentBuilder filter={filter} onChange={setFilter} />
            <LiveCount filter={filter} />
            <ProblemNotice error={save.error} title="The segment was not saved" />
            {may("contacts:write") && <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save</Button></Group>}
          </Stack>
        </form>
      </Paper>
    </>
  );
}

function Remove({ segment }: { segment: Schemas["SegmentAnswer"] }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = async () => {
    await answer(api.DELETE("/api/v1/segments/{segment_id}", { params: { path: { segment_id: segment.id } } }));
    await queries.invalidateQueries({ queryKey: ["segments"] });
    void navigate("/segments");
  };
  return (
    <>
      <Button variant="default" color="red" leftSection={<Icon name="trash" />} onClick={() => setAsking(true)}>Delete</Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={`Delete the segment ${segment.name}?`} confirm="Delete the segment" danger onConfirm={remove}>
        Its contacts stay. Campaigns that were started with it keep their copy of the filter.
      </Confirm>
    </>
  );
}
