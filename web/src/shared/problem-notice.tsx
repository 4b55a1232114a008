// An error as people see it: what is wrong, what to do, and a way to try again.
import { Alert, Button, List, Text } from "@mantine/core";

import { ProblemError, sentenceOf } from "../api/problem";
import { Icon } from "./icons";

interface ProblemNoticeProps {
  error: unknown;
  /** What did not work, in words: "The campaign was not started". */
  title?: string;
  onRetry?: () => void;
}

/** Nothing without an error; announced by screen readers. */
export function ProblemNotice({ error, title = "This did not work", onRetry }: ProblemNoticeProps) {
  if (!error) return null;
  const fields = error instanceof ProblemError ? error.errors : [];
  return (
    <Alert color="red" variant="light" title={title} icon={<Icon name="alert" />} role="alert">
      {fields.length > 0 ? (
        <List size="sm">
          {fields.map((one, index) => (
            <List.Item key={index}>{one.field ? <b>{one.field}: </b> : null}{one.message}</List.Item>
          ))}
        </List>
      ) : (
        <Text size="sm" inherit>{upperFirst(sentenceOf(error))}.</Text>
      )}
      {onRetry && <Button size="xs" mt="xs" variant="default" onClick={onRetry}>Try again</Button>}
    </Alert>
  );
}

/** Sentences of the API begin small, because they also stand behind a colon. */
export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, "");
}
