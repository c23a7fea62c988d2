// ASCII only: with an ellipsis in a header the browser refuses to send any request, even the introspection query.
export const defaultHeaders = `{
  "Authorization": "Bearer psab_"
}
`;

export const defaultQuery = `# Put your API token into the headers below, then press Ctrl-Enter.
# The book icon on the left shows every type, field and argument with its description.
# docs/api.md explains the whole API.

query WhoAmI {
  viewer {
    role
    tokenName
    partner {
      name
      timeZone
    }
  }
}

query Integrations {
  integrations {
    id
    psa {
      name
    }
    status
    statusReason
    options {
      serviceBoard {
        name
      }
      billingEnabled
      dailyDigestEnabled
      dailyDigestTime
    }
    schedule {
      pipeline
      nextRunAt
    }
  }
}

# Stays open: sends the newest runs, then every change. Put an integration's id into the variables.
subscription Watch($integrationId: ID!) {
  syncStatus(integrationId: $integrationId) {
    pipeline
    trigger
    state
    total
    delivered
    skipped
    failed
    error
  }
}
`;
