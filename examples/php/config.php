<?php

declare(strict_types=1);

/**
 * Where Ramal is and how this CRM may speak to it: RAMAL_API_URL and its companions from the environment, else
 * the stack that `npm start` runs on this machine. Never a mixture of the two.
 *
 * - RAMAL_API_URL      address of the api, for this server and for the agents' browsers
 * - RAMAL_API_KEY      an API key; it never leaves this server
 * - RAMAL_TENANT       the company; may be left out with a key of one company
 * - RAMAL_GATEWAY_URL  address of the gateway, for the page's Content-Security-Policy; may be left out
 *
 * @return array{apiUrl: string, apiKey: string, tenant: string, gatewayUrl: string} "" where left out
 * @throws RuntimeException when there is neither
 */
function ramal_config(): array
{
    $apiUrl = ramal_env('RAMAL_API_URL');
    if ($apiUrl !== '') {
        $apiKey = ramal_env('RAMAL_API_KEY');
        if ($apiKey === '') {
            throw new RuntimeException('RAMAL_API_KEY is missing');
        }
        return [
            'apiUrl' => rtrim($apiUrl, '/'),
            'apiKey' => $apiKey,
            'tenant' => ramal_env('RAMAL_TENANT'),
            'gatewayUrl' => ramal_env('RAMAL_GATEWAY_URL'),
        ];
    }

    $file = __DIR__ . '/../../.ramal/dev.json';
    $dev = is_readable($file) ? json_decode((string) file_get_contents($file), true) : null;
    if (!is_array($dev) || !isset($dev['apiUrl'], $dev['apiKey'])) {
        throw new RuntimeException('Set RAMAL_API_URL and RAMAL_API_KEY, or run "npm start" in the repository');
    }
    return [
        'apiUrl' => (string) $dev['apiUrl'],
        'apiKey' => (string) $dev['apiKey'],
        'tenant' => ramal_env('RAMAL_TENANT') ?: 'demo',
        'gatewayUrl' => (string) ($dev['gatewayUrl'] ?? ''),
    ];
}

function ramal_env(string $name): string
{
    $value = getenv($name);
    return is_string($value) ? trim($value) : '';
}
