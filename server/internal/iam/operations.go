package iam

import "sync"

// operations are all that are built.
var operations = sync.OnceValue(func() map[string]operation {
	all := map[string]operation{
		"CreateRole":             {askNewRole, (*call).createRole},
		"GetRole":                {roles.ask, (*call).getRole},
		"ListRoles":              {roles.askList, (*call).listRoles},
		"DeleteRole":             {roles.ask, (*call).deleteRole},
		"UpdateRole":             {roles.ask, (*call).updateRole},
		"UpdateRoleDescription":  {roles.ask, (*call).updateRoleDescription},
		"UpdateAssumeRolePolicy": {roles.ask, (*call).updateTrust},

		"CreateUser":      {askNewUser, (*call).createUser},
		"GetUser":         {users.ask, (*call).getUser},
		"ListUsers":       {users.askList, (*call).listUsers},
		"DeleteUser":      {users.ask, (*call).deleteUser},
		"CreateAccessKey": {users.ask, (*call).createAccessKey},
		"ListAccessKeys":  {users.ask, (*call).listAccessKeys},
		"UpdateAccessKey": {users.ask, (*call).updateAccessKey},
		"DeleteAccessKey": {users.ask, (*call).deleteAccessKey},

		// There are neither groups nor instance profiles; provisioning tools ask before they delete.
		"ListGroupsForUser":           {users.ask, (*call).listGroups},
		"ListInstanceProfilesForRole": {roles.ask, (*call).listInstanceProfiles},

		"CreatePolicy":            {askNewPolicy, (*call).createPolicy},
		"GetPolicy":               {askPolicy, (*call).getPolicy},
		"ListPolicies":            {askPolicies, (*call).listPolicies},
		"DeletePolicy":            {askPolicy, (*call).deletePolicy},
		"CreatePolicyVersion":     {askPolicy, (*call).createPolicyVersion},
		"GetPolicyVersion":        {askPolicy, (*call).getPolicyVersion},
		"ListPolicyVersions":      {askPolicy, (*call).listPolicyVersions},
		"SetDefaultPolicyVersion": {askPolicy, (*call).setDefaultPolicyVersion},
		"DeletePolicyVersion":     {askPolicy, (*call).deletePolicyVersion},
		"ListEntitiesForPolicy":   {askPolicy, (*call).listEntities},
		"TagPolicy":               {askPolicy, (*call).tagPolicy},
		"UntagPolicy":             {askPolicy, (*call).untagPolicy},
		"ListPolicyTags":          {askPolicy, (*call).listPolicyTags},

		"CreateOpenIDConnectProvider":             {askNewProvider, (*call).createProvider},
		"GetOpenIDConnectProvider":                {askProvider, (*call).getProvider},
		"ListOpenIDConnectProviders":              {askProviders, (*call).listProviders},
		"DeleteOpenIDConnectProvider":             {askProvider, (*call).deleteProvider},
		"AddClientIDToOpenIDConnectProvider":      {askProvider, (*call).addClientID},
		"RemoveClientIDFromOpenIDConnectProvider": {askProvider, (*call).removeClientID},
		"UpdateOpenIDConnectProviderThumbprint":   {askProvider, (*call).updateThumbprints},
		"TagOpenIDConnectProvider":                {askProvider, (*call).tagProvider},
		"UntagOpenIDConnectProvider":              {askProvider, (*call).untagProvider},
		"ListOpenIDConnectProviderTags":           {askProvider, (*call).listProviderTags},

		"SimulateCustomPolicy":             {askAnything, (*call).simulateCustom},
		"SimulatePrincipalPolicy":          {askSource, (*call).simulatePrincipal},
		"GetContextKeysForCustomPolicy":    {askAnything, (*call).contextKeysCustom},
		"GetContextKeysForPrincipalPolicy": {askSource, (*call).contextKeysPrincipal},
	}
	for _, k := range []*kind{roles, users} {
		k.add(all)
	}
	return all
})

// add adds what roles and users have in common.
func (k *kind) add(all map[string]operation) {
	for name, run := range map[string]func(*call, *kind) (any, error){
		"Put" + k.word + "Policy":                 (*call).putInline,
		"Get" + k.word + "Policy":                 (*call).getInline,
		"List" + k.word + "Policies":              (*call).listInline,
		"Delete" + k.word + "Policy":              (*call).deleteInline,
		"Attach" + k.word + "Policy":              (*call).attach,
		"Detach" + k.word + "Policy":              (*call).detach,
		"ListAttached" + k.word + "Policies":      (*call).listAttached,
		"Put" + k.word + "PermissionsBoundary":    (*call).putBoundary,
		"Delete" + k.word + "PermissionsBoundary": (*call).deleteBoundary,
		"Tag" + k.word:                            (*call).tag,
		"Untag" + k.word:                          (*call).untag,
		"List" + k.word + "Tags":                  (*call).listTags,
	} {
		all[name] = operation{k.ask, func(c *call) (any, error) { return run(c, k) }}
	}
}
