// What is attached to every message: files that were uploaded before.
import { Anchor, MultiSelect } from "@mantine/core";
import { Link } from "react-router";

import { bytes } from "../format";
import { useFilesChoice } from "./files-choice";

interface AttachmentsFieldProps {
  value: string[];
  onChange: (ids: string[]) => void;
  readOnly: boolean;
  error?: string;
}

export function AttachmentsField({ value, onChange, readOnly, error }: AttachmentsFieldProps) {
  const known = useFilesChoice();
  const data = known.map((one) => ({ value: one.id, label: `${one.name} (${bytes(one.size)})` }));
  for (const id of value) if (!data.some((one) => one.value === id)) data.push({ value: id, label: "A file that is not in the list" });
  if (data.length === 0) return null;
  const size = known.filter((one) => value.includes(one.id)).reduce((sum, one) => sum + one.size, 0);
  return (
    <MultiSelect label="Attachments" data={data} value={value} onChange={onChange} disabled={readOnly} searchable clearable error={error} clearButtonProps={{ "aria-label": "Attach nothing" }}
      description={<>{size > 0 ? `${bytes(size)} with every message; 5 MB at most. ` : ""}<Anchor component={Link} to="/files" inherit>Upload others</Anchor></>} />
  );
}
